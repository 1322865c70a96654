//! Each code has a number. Code 7 is `code(7)`.

mod races;
mod redeem;
mod tries;

use coach_core::{
    domain::{NewPasswordCode, PasswordCode, PasswordHash},
    ports::CodeTry,
};

use crate::{at, email, minutes};

pub fn code(number: u8) -> PasswordCode {
    PasswordCode::from_random([number; 20])
}

/// A code that expires ten minutes after noon.
pub fn new_code(number: u8) -> NewPasswordCode {
    NewPasswordCode { code: code(number), expires_at: minutes(10) }
}

/// A try a minute after noon for test@example.com with this code, the hash "new" and this session.
pub fn attempt(number: u8, session: u8) -> CodeTry {
    CodeTry {
        email: email("test@example.com"),
        code: code(number),
        new: PasswordHash::new("new".to_owned()),
        session: at(1, session),
    }
}
