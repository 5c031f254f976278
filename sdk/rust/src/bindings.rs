//! What `wit-bindgen` makes of the contract: the shared base once, each kind as a world of its own.
//!
//! One world for each kind, and not one for all, because the description of a world is linked into a
//! component as a whole: a plug-in must export exactly the kinds that it names in `export!`.
#![allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::restriction)]

/// Bindings of one kind: a world with this export alone, on the types of [`base`].
macro_rules! kind {
    ($name:ident, $world:literal, $inline:literal, $export:literal, { $($with:tt)* }) => {
        pub mod $name {
            wit_bindgen::generate!({
                path: "../../wit",
                inline: $inline,
                world: $world,
                pub_export_macro: true,
                export_macro_name: $export,
                additional_derives: [PartialEq],
                with: { "veche:plugin/types@0.1.0": crate::bindings::base::veche::plugin::types, $($with)* },
            });
        }
    };
}

pub mod base {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package veche:sdk; world base { include veche:plugin/host-interfaces@0.1.0; export veche:plugin/plugin@0.1.0; }",
        world: "veche:sdk/base",
        pub_export_macro: true,
        export_macro_name: "export_base",
        generate_all,
        additional_derives: [PartialEq],
    });
}

kind!(
    categorizer,
    "veche:sdk/categorizer",
    "package veche:sdk; world categorizer { export veche:plugin/categorizer@0.1.0; }",
    "export_categorizer",
    {}
);
kind!(
    router,
    "veche:sdk/router",
    "package veche:sdk; world router { export veche:plugin/router@0.1.0; }",
    "export_router",
    {}
);
kind!(
    indicators,
    "veche:sdk/indicators",
    "package veche:sdk; world indicators { export veche:plugin/indicators@0.1.0; }",
    "export_indicators",
    { "veche:plugin/facts@0.1.0": generate }
);
kind!(
    exporter,
    "veche:sdk/exporter",
    "package veche:sdk; world exporter { export veche:plugin/exporter@0.1.0; }",
    "export_exporter",
    { "veche:plugin/streams@0.1.0": generate }
);
