# Every recipe is a plain command that can also be typed by hand. `./deploy/bootstrap NAME` runs one on
# a fresh machine, after installing what is missing.

# What there is to run
[private]
default:
    @just --list --unsorted

# The whole story on servers of its own, to the last cent
[group('run')]
demo *ARGS:
    ./deploy/try demo {{ ARGS }}

# PostgreSQL, Redis and the services in the foreground, until Ctrl-C
[group('run')]
dev *ARGS:
    ./deploy/try dev {{ ARGS }}

# Every figure that has a target, against PostgreSQL itself on the same server: 20 minutes, --quick 5
[group('measure')]
bench *ARGS:
    cargo build --release --workspace --bins
    target/release/daybook bench table {{ ARGS }}

# Whether appending stays as fast in a log of 20 million events
[group('measure')]
bench-growth *ARGS:
    cargo build --release --workspace --bins
    target/release/daybook bench growth {{ ARGS }}

# Rebuilds of read models, draining, lag: eight minutes or more, --quick two
[group('measure')]
bench-projector *ARGS:
    cargo build --release --workspace --bins
    target/release/daybook bench projector {{ ARGS }}

# How long an auditor's questions take on 2,000,000 events: five minutes
[group('measure')]
bench-audit *ARGS:
    cargo build --release --workspace --bins
    target/release/daybook bench audit {{ ARGS }}

# How long readers wait, anywhere in a long history and for sealed texts: five minutes, --quick one
[group('measure')]
bench-reads *ARGS:
    cargo build --release --workspace --bins
    target/release/daybook bench reads {{ ARGS }}

# The Merkle tree: leaves per second, proofs, verifying, what it costs appending: seven minutes, --quick two
[group('measure')]
bench-proof *ARGS:
    cargo build --release --workspace --bins
    target/release/daybook bench proof {{ ARGS }}

# Whether memory stays flat under load: ten minutes, or --minutes N
[group('measure')]
soak *ARGS:
    cargo build --release --workspace --bins
    target/release/daybook bench soak {{ ARGS }}

# All tests, on real servers that each test starts for itself
[group('check')]
test: python build
    @if cargo nextest --version >/dev/null 2>&1; then just _nextest; else just _cargo-test; fi

# What tests need of Python, in target/python
[private]
python:
    ./deploy/python

# The binaries too, because tests start them as child processes
[private]
build:
    cargo build --workspace --all-targets

_nextest:
    cargo test --workspace --doc
    cargo nextest run --workspace

# Without cargo-nextest: the same tests, one process per crate
_cargo-test:
    cargo test --workspace

# Format, lints and documentation, each without a single warning
[group('check')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Put everything into the common format
[group('check')]
fmt:
    cargo fmt --all

# What continuous integration runs (.ci/run)
[group('check')]
ci: check

# What should pass before a push
[group('check')]
check: lint test
