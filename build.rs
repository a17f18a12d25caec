//! Rebuilds when a control or a template is added: they are built into the binary.

fn main() {
    println!("cargo:rerun-if-changed=controls");
    println!("cargo:rerun-if-changed=templates");
}
