//! Components that ask for more than the contract gives, or for the same by wrong types.

use super::{Expect, Hostile};
use crate::guest::Guest;

pub(super) fn all() -> Vec<Hostile> {
    [foreign(), wrong_types()].concat()
}

/// A categorizer that imports one function of another package.
fn importing(folder: &str, package: &str, interface: &str, function: &str, core: &str) -> Vec<u8> {
    let (name, version) = package.split_once('@').unwrap();
    let wit = format!("package {package};\ninterface {interface} {{ {function} }}\n");
    let import = format!("{name}/{interface}@{version}");
    let field = function.split_once(':').unwrap().0;
    Guest::categorizer()
        .package(folder, &wit)
        .rewrite("world categorizer-plugin {", &format!("world categorizer-plugin {{ import {import};"))
        .import_from(&import, field, &format!("(func $foreign {core})"))
        .build()
}

fn foreign() -> Vec<Hostile> {
    let refused = |name, component, why| Hostile::new(name, component, Expect::Inspect("Import", why));
    vec![
        refused(
            "imports-sockets",
            importing(
                "sockets",
                "wasi:sockets@0.2.0",
                "tcp-create-socket",
                "create: func(v6: bool) -> u32;",
                "(param i32) (result i32)",
            ),
            "network is never granted",
        ),
        refused(
            "imports-http",
            importing(
                "http",
                "wasi:http@0.2.0",
                "outgoing-handler",
                "handle: func(url: string) -> u32;",
                "(param i32 i32) (result i32)",
            ),
            "network is never granted",
        ),
        refused(
            "imports-files",
            importing("files", "wasi:filesystem@0.2.0", "preopens", "root: func() -> u32;", "(result i32)"),
            "files are never granted",
        ),
        refused(
            "imports-processes",
            importing(
                "process",
                "shell:process@1.0.0",
                "spawn",
                "run: func(command: string) -> s32;",
                "(param i32 i32) (result i32)",
            ),
            "veche:plugin/*",
        ),
        refused(
            "imports-threads",
            importing(
                "threads",
                "wasi:threads@0.2.0",
                "spawn",
                "start: func(argument: u32) -> s32;",
                "(param i32) (result i32)",
            ),
            "never granted",
        ),
        refused(
            "imports-what-the-contract-lacks",
            Guest::categorizer()
                .rewrite("interface log {", "interface network { get: func(url: string); }\ninterface log {")
                .rewrite("world categorizer-plugin {", "world categorizer-plugin { import network;")
                .import("network", "get", "(func $get (param i32 i32))")
                .build(),
            "contract has no such interface",
        ),
    ]
}

fn wrong_types() -> Vec<Hostile> {
    let never = |name, guest: Guest| Hostile::new(name, guest.build(), Expect::Inspect("Mismatch", ""));
    let unready = |name, guest: Guest| Hostile::new(name, guest.build(), Expect::Prepare("Mismatch", ""));
    let confidence = ("confidence: f32", "confidence: f64");
    vec![
        never(
            "log-of-a-wrong-type",
            Guest::categorizer()
                .rewrite("write: func(level: level, message: string)", "write: func(level: level, message: u64)")
                .import("log", "write", "(func $log (param i32 i64))"),
        ),
        never(
            "log-that-answers",
            Guest::categorizer().rewrite("message: string);", "message: string) -> u32;").import(
                "log",
                "write",
                "(func $log (param i32 i32 i32) (result i32))",
            ),
        ),
        never(
            "description-of-a-wrong-type",
            Guest::categorizer().rewrite("settings-schema: string", "settings-schema: list<u8>"),
        ),
        unready("candidate-of-a-wrong-type", Guest::categorizer().rewrite(confidence.0, confidence.1)),
        unready("one-more-case", Guest::categorizer().rewrite("no-opinion,", "no-opinion, nobody-knows,")),
        unready("one-more-field", Guest::categorizer().rewrite("confidence: f32,", "confidence: f32, secret: string,")),
        unready(
            "categorize-under-another-name",
            Guest::categorizer().rewrite("categorize: func(", "classify: func(").rename("categorize", "classify"),
        ),
    ]
}
