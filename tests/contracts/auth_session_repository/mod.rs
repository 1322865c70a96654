mod begin;
mod end;
mod find;
mod limit;
mod purge;
mod spend;
mod touch;
