//! The unit of systemd in docs/setup.md leaves little open.

use std::process::Command;

use crate::source::read;

/// The unit of web. The worker's is a copy of it with three other lines.
fn unit() -> String {
    let page = read("docs/setup.md");
    let mut blocks = page
        .split("```ini\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    let unit = blocks.find(|block| block.starts_with("[Unit]"));
    unit.expect("docs/setup.md has a unit").to_owned()
}

#[test]
fn the_unit_in_the_documents_keeps_the_programs_in_their_place() {
    let unit = unit();
    for line in [
        "UMask=0077",
        "StateDirectoryMode=0700",
        "CapabilityBoundingSet=",
        "NoNewPrivileges=true",
        "ProtectSystem=strict",
        "ProtectHome=true",
        "PrivateTmp=true",
        "PrivateDevices=true",
        "MemoryDenyWriteExecute=true",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "SystemCallFilter=@system-service",
    ] {
        assert!(unit.lines().any(|one| one == line), "{line} in {unit}");
    }
}

/// systemd counts what a unit leaves open, from 0 to 10. It is not on every machine.
#[test]
fn systemd_finds_the_unit_in_the_documents_tight() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("birdcall-web.service");
    std::fs::write(&file, unit()).expect("a file");
    let analyzed = Command::new("systemd-analyze")
        // The threshold is given in tenths.
        .args(["security", "--offline=yes", "--no-pager", "--threshold=20"])
        .arg(&file)
        .output();
    match analyzed {
        Ok(analyzed) => {
            let out = String::from_utf8_lossy(&analyzed.stdout);
            let err = String::from_utf8_lossy(&analyzed.stderr);
            assert!(analyzed.status.success(), "{out}{err}");
        }
        Err(error) => eprintln!("left out, because systemd-analyze does not run here: {error}"),
    }
}
