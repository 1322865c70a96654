use std::path::Path;

use coach_core::domain::NewPassword;
use minijinja::{
    Environment, Error, UndefinedBehavior, Value, context, path_loader, syntax::SyntaxConfig,
    value::Serde,
};
use serde::Serialize;

use super::{Frame, assets::Assets};
use crate::support::SupportView;

/// The embedded templates. A debug build reads them from the source tree if it exists, so that changes show after a restart.
pub(crate) struct Templates(Environment<'static>);

#[allow(clippy::expect_used, reason = "the build has parsed every template")]
pub(crate) fn embed(environment: &mut Environment<'static>) {
    minijinja_embed::load_templates!(*environment);
}

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates");

impl Templates {
    /// Loads the templates. `origin` is the public one.
    pub(crate) fn new(assets: Assets, origin: &str, support: &SupportView<'_>) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // Lines with only a tag leave no empty lines.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.unwrap_or_default());
        environment.add_global("assets", Value::from(Serde(assets)));
        environment.add_global("origin", origin);
        environment.add_global("min_password_characters", NewPassword::MIN_CHARACTERS);
        environment.add_global("support", Value::from(Serde(support)));
        if cfg!(debug_assertions) && Path::new(SOURCES).is_dir() {
            environment.set_loader(path_loader(SOURCES));
        } else {
            embed(&mut environment);
        }
        Self(environment)
    }

    /// Renders a template with the values of `view`, and with `frame`.
    pub(crate) fn render(
        &self,
        name: &str,
        frame: &Frame,
        view: impl Serialize,
    ) -> Result<String, Error> {
        let context = context! { frame => Value::from(Serde(frame)), ..Value::from(Serde(view)) };
        self.0.get_template(name)?.render(context)
    }
}
