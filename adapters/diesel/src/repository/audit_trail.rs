use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coach_core::{
    domain::{AuditEntry, AuditEntryId, AuditPosition, NewAuditEntry, UserId},
    ports::{AuditTrail, RepositoryError},
};
use diesel::{
    dsl::{SqlTypeOf, max, sql},
    prelude::*,
    sql_types::{BigInt, Bool},
};

use super::{
    super::schema::audit_events,
    database::Database,
    rows::{AuditEntryRow, NewAuditEntryRow},
};
use crate::error::{FromDiesel, within_deadline};

pub(super) struct DieselAuditTrail(pub(super) Arc<Database>);

#[async_trait]
impl AuditTrail for DieselAuditTrail {
    async fn append(&self, entries: &[NewAuditEntry]) -> Result<(), RepositoryError> {
        if entries.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = entries.iter().map(NewAuditEntryRow::from).collect();
        write!(self, async |connection| {
            lock_audit_trail!(connection);
            execute_batch!(connection, diesel::insert_into(audit_events::table).values(&rows))
                .map(|_| ())
        })
    }

    async fn list(
        &self,
        user_id: Option<UserId>,
        after: AuditPosition,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        // Diesel has no comparison of rows. Only that is one search of an index.
        let follows = || {
            sql::<Bool>("(audit_events.at, audit_events.id) > (")
                .bind::<SqlTypeOf<audit_events::at>, _>(after.at.naive_utc())
                .sql(", ")
                .bind::<SqlTypeOf<audit_events::id>, _>(after.id.0)
                .sql(")")
        };
        let page = || {
            let page = audit_events::table
                .filter(follows())
                .order((audit_events::at, audit_events::id))
                .limit(limit.into())
                .select(AuditEntryRow::as_select())
                .into_boxed();
            match user_id {
                Some(user_id) => page.filter(audit_events::user_id.eq(user_id.0)),
                None => page,
            }
        };
        within_deadline(async {
            let rows: Vec<AuditEntryRow> = find_all!(self.0, page())?;
            Ok(entries(rows))
        })
        .await
    }

    async fn list_stored_after(
        &self,
        user_id: Option<UserId>,
        after: AuditEntryId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        let page = || {
            let page = audit_events::table
                .filter(audit_events::id.gt(after.0))
                .order(audit_events::id)
                .limit(limit.into())
                .select(AuditEntryRow::as_select())
                .into_boxed();
            match user_id {
                // Without the sum, SQLite would read all entries of the user through their index, and sort them.
                Some(user_id) => page.filter(
                    sql::<Bool>("audit_events.user_id + 0 = ").bind::<BigInt, _>(user_id.0),
                ),
                None => page,
            }
        };
        within_deadline(async {
            let rows: Vec<AuditEntryRow> = find_all!(self.0, page())?;
            Ok(entries(rows))
        })
        .await
    }

    async fn newest(
        &self,
        user_id: UserId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        let newest = || {
            audit_events::table
                .filter(audit_events::user_id.eq(user_id.0))
                .order((audit_events::at.desc(), audit_events::id.desc()))
                .limit(limit.into())
                .select(AuditEntryRow::as_select())
        };
        within_deadline(async {
            let rows: Vec<AuditEntryRow> = find_all!(self.0, newest())?;
            Ok(entries(rows))
        })
        .await
    }

    async fn last_id(&self) -> Result<AuditEntryId, RepositoryError> {
        within_deadline(async {
            let last: Option<Option<i64>> =
                find_one!(self.0, audit_events::table.select(max(audit_events::id)))?;
            Ok(AuditEntryId(last.flatten().unwrap_or_default()))
        })
        .await
    }

    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<usize, RepositoryError> {
        let all = diesel::alias!(audit_events as all);
        let (at, id) = (all.field(audit_events::at), all.field(audit_events::id));
        let old = || {
            let old = all.filter(at.lt(before.naive_utc())).order((at, id)).limit(limit.into());
            audit_events::table.filter(audit_events::id.eq_any(old.select(id)))
        };
        write_statement!(self, execute, diesel::delete(old()))
    }
}

fn entries(rows: Vec<AuditEntryRow>) -> Vec<AuditEntry> {
    rows.into_iter().map(AuditEntry::from).collect()
}
