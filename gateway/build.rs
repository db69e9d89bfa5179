//! Lets the server build before the web app is: the embedded folder must exist.

fn main() {
    let dist = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/dist");
    if let Err(error) = std::fs::create_dir_all(dist) {
        println!("cargo::error=cannot make {dist}: {error}");
    }
    println!("cargo::rerun-if-changed={dist}");
}
