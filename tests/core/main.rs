//! Every use case of the core with every refusal and every event, on the memory adapter and without HTTP.

#[macro_use]
mod fixture;
mod fakes;

mod accounts;
mod audit;
mod authenticate;
mod change_password;
mod channels;
mod delete_account;
mod failures;
mod log_in;
mod log_out;
mod operator;
mod outdated_hashes;
mod password_work;
mod practice;
mod purge;
mod races;
mod recipe;
mod redeem_code;
mod refresh;
mod register;
mod sessions;
mod token_failures;
mod update_profile;
