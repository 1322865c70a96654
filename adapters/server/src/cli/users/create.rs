use coach_core::{
    domain::{AccountSummary, EmailAddress, FullName},
    services::{CreatedAccount, NewAccount},
};

use super::{Accounts, CommandError, list::to_value, named};
use crate::{Config, cli::password};

impl Accounts<'_> {
    pub(super) async fn create(
        &self,
        email: EmailAddress,
        full_name: Option<FullName>,
        with_password: bool,
        config: &Config,
    ) -> Result<(), CommandError> {
        let password = with_password.then(password::read_new).transpose()?;
        let account = NewAccount { email, full_name, password };
        let CreatedAccount { user, code } = self.operator.create(account).await?;
        let account = AccountSummary { user, live_sessions: 0 };
        let (mut document, created) = (to_value(&account), format!("Created {}.", named(&account)));
        let Some(code) = code else { return Ok(self.format.print(&document, &created)?) };
        let (members, sentence) = super::change::describe(&code, config);
        for (name, value) in members {
            document[name] = value;
        }
        Ok(self.format.print(&document, &format!("{created} {sentence}"))?)
    }
}
