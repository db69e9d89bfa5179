//! How the layers become one configuration.

use super::Config;
use std::{
    io,
    path::{Path, PathBuf},
    sync::LazyLock,
};
use toml::{Table, Value};

/// The commented reference, kept equal to the defaults by a test.
pub const REFERENCE: &str = include_str!("reference.toml");

/// The file that is read when none is named.
const USUAL_FILE: &str = "schoolbell.toml";
const PREFIX: &str = "SCHOOLBELL_";
/// Kubernetes sets `<SERVICE>_SERVICE_HOST`, `<SERVICE>_PORT` and `<SERVICE>_PORT_<n>_TCP…` for a service that is
/// called schoolbell: these are no settings.
const NOT_OURS: [&str; 2] = ["SCHOOLBELL_SERVICE_", "SCHOOLBELL_PORT"];

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}; check --config")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no TOML, or has a key or value that is not known.
    #[error("{path}: {message}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What and where.
        message: String,
    },
    /// A variable names no key.
    #[error("{variable} names no setting; `schoolbell config --reference` lists them all")]
    UnknownVariable {
        /// Which variable.
        variable: String,
    },
    /// A variable or flag has a value that its key does not take.
    #[error("{source_name}: {message}")]
    Value {
        /// Which variable or flag.
        source_name: String,
        /// What is wrong.
        message: String,
    },
    /// A value that cannot work.
    #[error("{key}: {advice}")]
    Refused {
        /// Which key.
        key: String,
        /// What to do.
        advice: String,
    },
}

/// What the layers above the defaults say.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The file named by a flag.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Keys set by flags, as (flag, path of the key, value).
    pub flags: Vec<(&'static str, &'static [&'static str], String)>,
}

impl Layers {
    /// Reads and merges the layers, and checks the result. The usual file is looked for in `folder`.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file, variable or flag.
    pub fn load(self, folder: &Path) -> Result<Config, ConfigError> {
        let mut table = self.read_file(folder)?;
        for (variable, value) in self.environment {
            let ours =
                variable.starts_with(PREFIX) && !NOT_OURS.iter().any(|other| variable.starts_with(other));
            if ours {
                set_by_variable(&mut table, &variable, &value)?;
            }
        }
        for (flag, path, value) in self.flags {
            let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
            set(&mut table, &path, Value::String(value));
            parse(&table).map_err(|message| ConfigError::Value { source_name: flag.to_owned(), message })?;
        }
        let config = parse(&table)
            .map_err(|message| ConfigError::Value { source_name: "configuration".to_owned(), message })?;
        config.check()?;
        Ok(config)
    }

    fn read_file(&self, folder: &Path) -> Result<Table, ConfigError> {
        let path = self.file.clone().unwrap_or_else(|| folder.join(USUAL_FILE));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.file.is_none() => {
                return Ok(Table::new());
            }
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        // Read as a whole configuration first: this error shows the line and names the key.
        let failed = |error: toml::de::Error| ConfigError::File {
            path: path.clone(),
            message: error.to_string().trim_end().to_owned(),
        };
        toml::from_str::<Config>(&text).map_err(failed)?;
        toml::from_str(&text).map_err(failed)
    }
}

fn parse(table: &Table) -> Result<Config, String> {
    Value::Table(table.clone())
        .try_into()
        .map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())
}

fn set_by_variable(table: &mut Table, variable: &str, text: &str) -> Result<(), ConfigError> {
    let unknown = || ConfigError::UnknownVariable { variable: variable.to_owned() };
    let name = variable.strip_prefix(PREFIX).ok_or_else(unknown)?;
    let path: Vec<String> = name.split("__").map(str::to_ascii_lowercase).collect();
    let example = example_of(&path).ok_or_else(unknown)?;
    let value = if example.is_str() {
        Value::String(text.to_owned())
    } else {
        let parsed: Result<Table, _> = toml::from_str(&format!("value = {text}"));
        let value =
            parsed.ok().filter(|parsed| parsed.len() == 1).and_then(|mut parsed| parsed.remove("value"));
        value.ok_or_else(|| ConfigError::Value {
            source_name: variable.to_owned(),
            message: format!("takes a value like {example}"),
        })?
    };
    set(table, &path, value);
    parse(table).map(drop).map_err(|message| ConfigError::Value { source_name: variable.to_owned(), message })
}

fn set(table: &mut Table, path: &[String], value: Value) {
    let Some((key, sections)) = path.split_last() else {
        return;
    };
    let mut inner = table;
    for section in sections {
        let entry = inner.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
        if !entry.is_table() {
            *entry = Value::Table(Table::new());
        }
        let Value::Table(next) = entry else { return };
        inner = next;
    }
    inner.insert(key.clone(), value);
}

/// The reference with its examples switched on: every key with a value of its type.
static EXAMPLES: LazyLock<Table> = LazyLock::new(|| {
    let live = REFERENCE.lines().map(|line| match line.strip_prefix('#') {
        Some(example) if !example.is_empty() && !example.starts_with(' ') => example,
        _ => line,
    });
    let text: String = live.flat_map(|line| [line, "\n"]).collect();
    toml::from_str(&text).expect("a test reads the reference's examples")
});

fn example_of(path: &[String]) -> Option<&'static Value> {
    let mut path: Vec<&str> = path.iter().map(String::as_str).collect();
    if path.len() == 3 && path[0] == "namespaces" {
        path[1] = "news";
    }
    let mut value: Option<&Value> = None;
    for part in path {
        value = match value {
            None => EXAMPLES.get(part),
            Some(Value::Table(table)) => table.get(part),
            Some(_) => None,
        };
        value?;
    }
    value.filter(|value| !value.is_table())
}

#[cfg(test)]
mod tests;
