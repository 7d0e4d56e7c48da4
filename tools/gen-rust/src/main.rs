//! Writes the generated part of the Rust client from the proto files.
//!
//! The output is committed, so that the client crate needs no build script and
//! no protobuf compiler. The same protos give the same bytes.

use std::path::{Path, PathBuf};

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let protos = root.join("proto");
    let files = proto_files(&protos.join("aiusage/v1"))?;
    let descriptors = protox::compile(&files, [&protos]).context("the protos do not compile")?;
    tonic_prost_build::configure()
        .build_server(false)
        // Ordered maps: the same record is the same bytes.
        .btree_map(".")
        .out_dir(root.join("clients/rust/src/generated"))
        .emit_rerun_if_changed(false)
        .compile_fds(descriptors)
        .context("cannot write the generated code")
}

/// The proto files of a folder, in the order of their names.
fn proto_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = folder.read_dir().with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "proto"));
    files.sort();
    Ok(files)
}
