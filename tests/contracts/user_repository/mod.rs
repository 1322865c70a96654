mod change_password;
mod create;
mod delete;
mod find_for_login;
mod set_active;
mod update_profile;
