//! Compilation in child processes: the same code as in this process, and every bound of it.

use veche_sandbox::{Engine, EngineConfig, LimitKind, Limits, SandboxError, inspect};

use crate::world::{root, veche_binary};

fn engine() -> Engine {
    let config = EngineConfig { instances: 8, compiler: Some(veche_binary()), ..EngineConfig::default() };
    Engine::new(&config).unwrap()
}

fn plugin() -> Vec<u8> {
    std::fs::read(root().join("target/plugins/router-table.wasm")).unwrap()
}

/// A component that is valid and slow to compile: one function of many blocks that depend on each other.
fn slow_component() -> Vec<u8> {
    let step = "(local.set 0 (i64.mul (i64.add (local.get 0) (local.get 1)) (i64.rotl (local.get 1) (local.get 0))))\
                (br_if $out (i64.eqz (local.get 0)))";
    let function = format!("(func (param i64 i64) (block $out {}))", step.repeat(5_000));
    let module = format!("(component (core module {}))", function.repeat(60));
    wat::parse_str(module).unwrap()
}

fn hit(component: &[u8], limits: &Limits) -> LimitKind {
    match inspect(&engine(), component, limits) {
        Err(SandboxError::Limit(exceeded)) => exceeded.which,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_child_makes_the_code_that_this_process_would() {
    let here = Engine::new(&EngineConfig { instances: 8, ..EngineConfig::default() }).unwrap();
    let component = plugin();
    let inspected = inspect(&engine(), &component, &Limits::default()).unwrap();
    assert_eq!(inspected, inspect(&here, &component, &Limits::default()).unwrap());
}

#[test]
fn each_bound_of_a_compilation_is_kept() {
    let slow = slow_component();
    let roomy = Limits { function_size: 1 << 20, component_size: 32 << 20, ..Limits::default() };
    assert_eq!(hit(&slow, &Limits { compile_ms: 300, ..roomy.clone() }), LimitKind::CompileMs);
    assert_eq!(hit(&slow, &Limits { compile_cpu_ms: 1_000, ..roomy.clone() }), LimitKind::CompileCpuMs);
    assert_eq!(hit(&slow, &Limits { compile_memory: 160 << 20, ..roomy }), LimitKind::CompileMemory);
}

#[test]
fn what_the_compiler_says_reaches_the_author() {
    // Valid for the parser, refused by the engine: memory that threads share.
    let shared = wat::parse_str("(component (core module (memory 1 1 shared)))").unwrap();
    let error = inspect(&engine(), &shared, &Limits::default()).unwrap_err();
    assert!(matches!(error, SandboxError::Compile { .. }) && error.to_string().contains("thread"), "{error}");
    let missing = EngineConfig { instances: 8, compiler: Some("/nowhere/veche".into()), ..EngineConfig::default() };
    let error = inspect(&Engine::new(&missing).unwrap(), &plugin(), &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/veche"), "{error}");
}
