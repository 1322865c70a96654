mod change_password;
mod create;
mod delete;
mod password_schemes;
mod set_active;
mod update_profile;
