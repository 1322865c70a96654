mod change_password;
mod create;
mod delete;
mod set_active;
mod update_profile;
