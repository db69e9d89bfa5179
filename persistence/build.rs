//! Builds again when a migration is added: the compiler watches only the files that are already embedded.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
