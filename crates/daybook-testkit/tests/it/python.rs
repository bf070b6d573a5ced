//! What `just python` installs is there and fits together.

use std::process::Command;

use daybook_testkit::{generate_python_stubs, newer_postgres_bin_dir, python};

#[test]
fn a_python_client_has_grpc_and_the_messages_of_the_proto_files() {
    let stubs = tempfile::tempdir().unwrap();
    generate_python_stubs(stubs.path());
    let script = "from daybook.v1 import command_pb2, command_pb2_grpc, query_pb2, query_pb2_grpc; import grpc; \
                  print(command_pb2.DepositRequest.DESCRIPTOR.full_name)";
    let output = Command::new(python())
        .args(["-c", script])
        .env("PYTHONPATH", stubs.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "daybook.v1.DepositRequest\n");
}

#[test]
fn the_newer_postgres_runs() {
    let postgres = newer_postgres_bin_dir().join("postgres");
    let output = Command::new(postgres).arg("--version").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    assert!(version.starts_with("postgres (PostgreSQL) 18."), "{version}");
}
