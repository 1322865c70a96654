//! The rows of the audit trail.

use chrono::NaiveDateTime;
use coach_core::domain::{
    AuditEntry, AuditEntryId, EventName, EventOrigin, NewAuditEntry, OperatorName, SessionId,
    UserId,
};
use diesel::prelude::*;

use super::{super::super::schema::audit_events, StoredTime};

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub(in super::super) struct AuditEntryRow {
    id: i64,
    at: StoredTime,
    event: String,
    user_id: Option<i64>,
    session_id: Option<String>,
    ip: Option<String>,
    operator: Option<String>,
    details: Option<String>,
}

/// Without default values, so that any number of rows is one statement.
#[derive(Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
pub(crate) struct NewAuditEntryRow {
    at: NaiveDateTime,
    event: &'static str,
    user_id: Option<i64>,
    session_id: Option<String>,
    ip: Option<String>,
    operator: Option<String>,
    details: Option<String>,
}

impl From<&NewAuditEntry> for NewAuditEntryRow {
    fn from(entry: &NewAuditEntry) -> Self {
        let NewAuditEntry { at, event, origin } = entry;
        Self {
            at: at.naive_utc(),
            event: event.name(),
            user_id: event.user_id().map(|id| id.0),
            session_id: event.session_id().map(|id| id.to_string()),
            ip: origin.ip.map(|ip| ip.to_string()),
            operator: origin.operator.as_ref().map(OperatorName::to_string),
            details: event.details(),
        }
    }
}

/// Leaves out values that break a rule: another program wrote them, and the rest of the entry still counts.
impl From<AuditEntryRow> for AuditEntry {
    fn from(row: AuditEntryRow) -> Self {
        Self {
            id: AuditEntryId(row.id),
            at: row.at.utc(),
            event: EventName::restore(&row.event),
            user_id: row.user_id.map(UserId),
            session_id: row.session_id.as_deref().and_then(SessionId::parse),
            origin: EventOrigin {
                ip: row.ip.and_then(|ip| ip.parse().ok()),
                operator: row.operator.as_deref().and_then(OperatorName::read),
            },
            details: row.details,
        }
    }
}
