use crate::{Storage, on_every_storage};

on_every_storage! {
    working_storage_is_healthy
}

async fn working_storage_is_healthy(storage: Storage) {
    storage.open().await.health.check().await.unwrap();
}
