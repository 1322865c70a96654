mod add;
mod import;
mod list;
mod remove;

use chrono::{DateTime, TimeDelta, Utc};
use coach_core::domain::{AccountSummary, LiveTimes, SessionPolicy};

use crate::{minutes, noon, storage::Repositories};

/// A session is live for an hour without use and for a day in total.
const POLICY: SessionPolicy =
    SessionPolicy { max_age: TimeDelta::days(1), idle_timeout: TimeDelta::hours(1) };

fn live_at(now: DateTime<Utc>) -> LiveTimes {
    POLICY.live_times(now)
}

impl Repositories {
    /// The summary of an account a minute after noon.
    async fn summary(&self, key: &str) -> Option<AccountSummary> {
        let key = coach_core::domain::AccountKey::parse(key).unwrap();
        self.accounts.find(&key, live_at(minutes(1))).await.unwrap()
    }

    /// The ids of all accounts, page by page.
    async fn account_ids(&self, limit: u32) -> Vec<i64> {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = self.accounts.list(after, limit, live_at(noon())).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { return ids };
            after = Some(last.user.id);
            ids.extend(page.iter().map(|account| account.user.id.0));
        }
    }
}
