use std::path::Path;

use minijinja::{
    Environment, Error, UndefinedBehavior, Value, path_loader, syntax::SyntaxConfig, value::Serde,
};
use serde::Serialize;

use super::assets::Assets;

/// The templates: embedded; in a debug build, where the source tree is, read from there, so that a change shows on the
/// next reload.
pub(crate) struct Templates(Environment<'static>);

#[allow(clippy::expect_used, reason = "the build has parsed every template")]
pub(crate) fn embed(environment: &mut Environment<'static>) {
    minijinja_embed::load_templates!(*environment);
}

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates");

impl Templates {
    pub(crate) fn new(assets: Assets) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // A tag on a line of its own leaves no empty line.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.unwrap_or_default());
        environment.add_global("assets", Value::from(Serde(assets)));
        if cfg!(debug_assertions) && Path::new(SOURCES).is_dir() {
            environment.set_loader(path_loader(SOURCES));
        } else {
            embed(&mut environment);
        }
        Self(environment)
    }

    pub(crate) fn render(&self, name: &str, context: impl Serialize) -> Result<String, Error> {
        self.0.get_template(name)?.render(Serde(context))
    }
}
