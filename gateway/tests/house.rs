//! The rules of the house: which crate may know which, what may come into the tree, how large a file may grow.

#![expect(clippy::unwrap_used, reason = "tests")]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// The crates from the bottom up. Each may know those before it, except that features never know each other.
const LAYERS: [&[&str]; 5] = [
    &["schoolbell-protocol", "schoolbell-test-servers"],
    // The load judges from outside: of the house it may know the words on the wire, servers to test with, and no more.
    &["schoolbell-persistence", "schoolbell-load-tests"],
    &["schoolbell-realtime"],
    &["schoolbell-live-quiz", "schoolbell-learning", "schoolbell-chat"],
    &["schoolbell-gateway"],
];

/// Heavy libraries, and the one crate that names each, so that it can be replaced in one place.
const OWNERS: [(&str, &str); 9] = [
    ("prost", "schoolbell-protocol"),
    ("sqlx", "schoolbell-persistence"),
    ("fred", "schoolbell-persistence"),
    ("axum", "schoolbell-gateway"),
    ("hyper", "schoolbell-gateway"),
    ("jsonwebtoken", "schoolbell-gateway"),
    ("reqwest", "schoolbell-gateway"),
    ("tokio-tungstenite", "schoolbell-gateway"),
    ("metrics-exporter-prometheus", "schoolbell-gateway"),
];

/// What features name, each for the files of its own that schools' offices open as tables; nobody else.
const OF_FEATURES: [(&str, &[&str]); 1] = [("csv", &["schoolbell-live-quiz", "schoolbell-learning"])];

/// What a crate must not name at all: the words on the wire know no socket, clock or store.
const FORBIDDEN: [(&str, &str); 3] =
    [("schoolbell-protocol", "tokio"), ("schoolbell-protocol", "sqlx"), ("schoolbell-protocol", "axum")];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = ["common", "util", "utils", "helper", "helpers", "manager", "misc", "mod"];

/// Lines of a file. Lists of test sentences may be longer: nobody has to hold them in mind at once.
const MAX_LINES: usize = 500;
const MAX_TEST_LINES: usize = 700;

static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    // Only what this machine builds: the rest of the lock file is for platforms that nobody here runs.
    let rustc =
        Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into())).arg("-vV").output().unwrap();
    let words = String::from_utf8(rustc.stdout).unwrap();
    let host = words.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked".to_owned(), "--filter-platform".to_owned(), host])
        .exec()
        .unwrap()
});

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn house() -> Vec<&'static Package> {
    METADATA.workspace_packages()
}

/// Names of what a crate names itself, tests included.
fn named(package: &Package) -> BTreeSet<&str> {
    package.dependencies.iter().map(|dependency| dependency.name.as_str()).collect()
}

#[test]
fn crates_know_only_those_below_them() {
    let layer_of: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(layer, names)| names.iter().map(move |name| (*name, layer)))
        .collect();
    for package in house() {
        let own = layer_of.get(package.name.as_str());
        assert!(own.is_some(), "{} has no place in LAYERS", package.name);
        let own = own.unwrap();
        for dependency in &package.dependencies {
            let Some(layer) = layer_of.get(dependency.name.as_str()) else {
                continue;
            };
            let itself =
                dependency.name == package.name.as_str() && dependency.kind == DependencyKind::Development;
            assert!(layer < own || itself, "{} must not know {}", package.name, dependency.name);
        }
    }
}

#[test]
fn each_heavy_library_is_named_by_one_crate() {
    for package in house() {
        for (library, owner) in OWNERS {
            let names_it = named(package).contains(library);
            assert!(
                !names_it || package.name == owner,
                "{} names {library}, which belongs to {owner}",
                package.name
            );
        }
        for (library, features) in OF_FEATURES {
            let names_it = named(package).contains(library);
            assert!(
                !names_it || features.contains(&package.name.as_str()),
                "{} names {library}, which belongs to {features:?}",
                package.name
            );
        }
        for (name, library) in FORBIDDEN {
            assert!(package.name != name || !named(package).contains(library), "{name} names {library}");
        }
    }
}

#[test]
fn every_crate_is_under_the_lints_of_the_house() {
    for package in house() {
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} sets its own lints", package.name);
    }
}

#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    ban: Vec<Ban>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Ban {
    name: String,
    reason: String,
}

fn policy() -> Policy {
    toml::from_str(&fs::read_to_string(root().join("docs/dependency-policy.toml")).unwrap()).unwrap()
}

#[test]
fn banned_packages_are_not_in_the_tree() {
    let policy = policy();
    assert!(!policy.ban.is_empty());
    for Ban { name, reason } in policy.ban {
        assert!(!reason.is_empty(), "the ban of {name} has no reason");
        let found = METADATA.packages.iter().find(|package| package.name == name);
        assert!(found.is_none(), "{name} is banned: {reason}");
    }
}

#[test]
fn every_licence_is_allowed() {
    let allowed = policy().licenses.allow;
    for package in &METADATA.packages {
        let licence = package.license.as_deref().unwrap_or("none");
        assert!(satisfied(licence, &allowed), "{} {}: {licence}", package.name, package.version);
    }
}

/// Whether an SPDX expression can be satisfied by allowed licences alone. AND binds closer than OR.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let verdict = either(&words, &mut at, allowed);
    verdict && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut verdict = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        verdict |= both(words, at, allowed);
    }
    verdict
}

fn both(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut verdict = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        verdict &= one(words, at, allowed);
    }
    verdict
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(&word) = words.get(*at) else { return false };
    *at += 1;
    if word == "(" {
        let verdict = either(words, at, allowed);
        *at += 1;
        return verdict && words.get(*at - 1) == Some(&")");
    }
    if words.get(*at) != Some(&"WITH") {
        return allowed.contains(word);
    }
    let exception = words.get(*at + 1).copied().unwrap_or_default();
    *at += 2;
    allowed.contains(&format!("{word} WITH {exception}"))
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed: BTreeSet<String> =
        ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "Unlicense/MIT",
        "ISC AND (GPL-3.0 OR MIT)",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(satisfied(good, &allowed), "{good}");
    }
    for bad in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "Apache-2.0",
        "GPL-3.0 OR MIT AND GPL-2.0",
        "",
        "(MIT",
        "MIT)",
        "MIT ISC",
    ] {
        assert!(!satisfied(bad, &allowed), "{bad}");
    }
}

/// All Rust files of the house.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for package in house() {
        walk(package.manifest_path.parent().unwrap().as_std_path(), &mut found);
    }
    assert!(found.len() > 50, "the walk found only {} files", found.len());
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_say_what_is_inside() {
    for path in sources() {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!EMPTY_NAMES.contains(&stem.as_str()), "{} says nothing", path.display());
        for part in path.strip_prefix(root()).unwrap().parent().unwrap() {
            let part = part.to_string_lossy();
            assert!(!EMPTY_NAMES.contains(&part.as_ref()), "{} says nothing", path.display());
        }
    }
}

#[test]
fn no_file_outgrows_its_reader() {
    for path in sources() {
        let tests =
            path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")));
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let most = if tests { MAX_TEST_LINES } else { MAX_LINES };
        assert!(lines <= most, "{} has {lines} lines: it is probably two things", path.display());
    }
}

#[test]
fn unsafe_code_and_unreasoned_exceptions_have_no_place() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    // Spelled in two parts, so that this file does not find itself.
    let allow = ["#[", "allow("].concat();
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&allow), "{}: use expect with a reason", path.display());
    }
}
