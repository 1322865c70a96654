use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    env,
    ffi::OsString,
    fs,
};

use strsim::osa_distance;

/// A variable has a bad value. The message is one sentence without secrets.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(sentence: String) -> Self {
        Self(sentence)
    }

    /// Returns the name of the variable, with which every sentence begins.
    pub(super) fn variable(&self) -> &str {
        self.0.split([' ', '=']).next().unwrap_or_default()
    }
}

const MAX_DOTENV_BYTES: u64 = 64 * 1024;

/// Variables by name. Unknown ones are ignored.
pub(super) struct Variables {
    values: HashMap<String, OsString>,
    asked: RefCell<BTreeSet<String>>,
}

impl Variables {
    /// Reads the environment of the process, which overrides `.env` in the working directory.
    pub(super) fn load() -> Result<Self, ConfigError> {
        let mut variables = HashMap::new();
        if let Ok(found) = fs::metadata(".env")
            && (!found.is_file() || found.len() > MAX_DOTENV_BYTES)
        {
            return Err(ConfigError(".env must be a plain file of at most 64 KiB.".to_owned()));
        }
        match dotenvy::from_path_iter(".env") {
            Ok(lines) => {
                for line in lines {
                    // The line is not shown, because it may contain a secret.
                    let (name, value) = line.map_err(|_| {
                        ConfigError(".env contains a line that is not NAME=value.".to_owned())
                    })?;
                    variables.entry(name).or_insert(value.into());
                }
            }
            Err(error) if error.not_found() => {}
            Err(error) => return Err(ConfigError(format!(".env cannot be read: {error}."))),
        }
        let environment =
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        variables.extend(environment);
        Ok(Self::new(variables))
    }

    fn new(values: HashMap<String, OsString>) -> Self {
        Self { values, asked: RefCell::default() }
    }

    /// Returns a warning for every unknown variable with nearly a known name: at most two typing errors away (one for a short
    /// name), ignoring case.
    pub(super) fn near_misses(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        let is_near = |name: &str, known: &str| {
            let limit = if known.len() < 8 { 1 } else { 2 };
            osa_distance(&name.to_ascii_uppercase(), known) <= limit
        };
        let mut warnings: Vec<_> = self
            .values
            .keys()
            .filter(|name| !asked.contains(*name))
            .filter_map(|name| Some((name, asked.iter().find(|known| is_near(name, known))?)))
            .map(|(name, known)| format!("{name} is not a known variable; did you mean {known}?"))
            .collect();
        warnings.sort();
        warnings
    }

    #[cfg(test)]
    pub(super) fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        Self::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect())
    }

    /// Parses a variable or its default. The error of `parse` is a rule: "must be …".
    pub(super) fn parse<T>(
        &self,
        name: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let shown = |value: &str| parse(value).map_err(|rule| format!("{rule}, not {value:?}"));
        self.parse_secret(name, default, shown)
    }

    /// Does the same for a value that may contain a secret. Errors do not show the value.
    pub(super) fn parse_secret<T>(
        &self,
        name: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let value = self.text(name)?.unwrap_or(default);
        parse(value).map_err(|rule| ConfigError(format!("{name} {rule}.")))
    }

    /// Does the same for a secret value without a default.
    pub(super) fn parse_optional_secret<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let value = self.text(name)?;
        value.map(parse).transpose().map_err(|rule| ConfigError(format!("{name} {rule}.")))
    }

    /// Removes a variable. Returns whether it was set.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.values.remove(name).is_some()
    }

    fn text(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        self.asked.borrow_mut().insert(name.to_owned());
        let value = self.values.get(name).map(|value| value.to_str());
        value
            .map(|text| text.ok_or_else(|| ConfigError(format!("{name} is not UTF-8."))))
            .transpose()
    }
}
