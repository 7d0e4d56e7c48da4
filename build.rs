//! Makes the server's side of `proto/` at build time, with no protoc to install.

use std::error::Error;
use std::path::{Path, PathBuf};

use prost::Message;

const PROTO_FILES: [&str; 13] = [
    "aiusage/v1/types.proto",
    "aiusage/v1/error_reason.proto",
    "aiusage/v1/usage_service.proto",
    "aiusage/v1/pricing_service.proto",
    "aiusage/v1/cost_service.proto",
    "aiusage/v1/budget.proto",
    "aiusage/v1/budget_service.proto",
    "aiusage/v1/alert_service.proto",
    "aiusage/v1/analytics.proto",
    "aiusage/v1/analytics_service.proto",
    "aiusage/v1/user_service.proto",
    "aiusage/v1/admin_service.proto",
    "aiusage/v1/export_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    println!("cargo::rerun-if-changed=migrations");
    watch_dashboard();
    let mut descriptors = protox::compile(PROTO_FILES, ["proto"])?;
    tonic_prost_build::configure().build_client(false).compile_fds(descriptors.clone())?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    // The OpenAPI document is made of the comments too.
    std::fs::write(out.join("commented_descriptors.bin"), descriptors.encode_to_vec())?;
    // Reflection answers with shapes, not with comments.
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    Ok(())
}

/// A release build has the dashboard's files in it, also those that are built later.
fn watch_dashboard() {
    let folder = ["dashboard/dist", "dashboard"].into_iter().find(|path| Path::new(path).exists());
    if let Some(folder) =
        folder.filter(|_| std::env::var("PROFILE").is_ok_and(|it| it == "release"))
    {
        println!("cargo::rerun-if-changed={folder}");
    }
}
