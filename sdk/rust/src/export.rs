/// Makes a component of a plug-in, with the kinds that it implements: `categorizer`, `router`,
/// `indicators`, `exporter`.
/// `veche_sdk::export!(Keywords: categorizer);`
#[macro_export]
macro_rules! export {
    ($plugin:ty: $($kind:ident),+ $(,)?) => {
        // A trait that is missing fails here on every target, not only in the wasm build.
        const _: () = {
            const fn is_plugin<P: $crate::Plugin>() {}
            is_plugin::<$plugin>();
            $($crate::__implements!($kind, $plugin);)+
        };

        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            ::std::thread_local! {
                static STATE: ::std::cell::OnceCell<$plugin> = const { ::std::cell::OnceCell::new() };
            }

            struct Component;

            impl $crate::bindings::base::exports::veche::plugin::plugin::Guest for Component {
                fn describe() -> $crate::bindings::base::exports::veche::plugin::plugin::Description {
                    $crate::runtime::describe::<$plugin>()
                }

                fn configure(settings: ::std::string::String) -> ::std::result::Result<(), $crate::SettingsError> {
                    $crate::runtime::configure::<$plugin>(&STATE, &settings)
                }
            }

            $crate::bindings::base::export_base!(Component with_types_in $crate::bindings::base);
            $($crate::__export_kind!($kind, $plugin);)+
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __implements {
    (categorizer, $plugin:ty) => {{
        const fn is_categorizer<P: $crate::Categorizer>() {}
        is_categorizer::<$plugin>()
    }};
    (router, $plugin:ty) => {{
        const fn is_router<P: $crate::Router>() {}
        is_router::<$plugin>()
    }};
    (indicators, $plugin:ty) => {{
        const fn has_indicators<P: $crate::Indicators>() {}
        has_indicators::<$plugin>()
    }};
    (exporter, $plugin:ty) => {{
        const fn is_exporter<P: $crate::Exporter>() {}
        is_exporter::<$plugin>()
    }};
    ($other:ident, $plugin:ty) => {
        ::std::compile_error!(::std::concat!(
            "no kind `",
            ::std::stringify!($other),
            "`: use categorizer, router, indicators or exporter"
        ))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_kind {
    (categorizer, $plugin:ty) => {
        impl $crate::bindings::categorizer::exports::veche::plugin::categorizer::Guest for Component {
            fn categorize(
                appeal: $crate::Appeal,
                context: $crate::Context,
            ) -> ::std::result::Result<$crate::Categorization, $crate::Failure> {
                $crate::runtime::call(&STATE, |plugin: &$plugin| {
                    $crate::Categorizer::categorize(plugin, &appeal, &context)
                })
            }
        }
        $crate::bindings::categorizer::export_categorizer!(Component with_types_in $crate::bindings::categorizer);
    };
    (router, $plugin:ty) => {
        impl $crate::bindings::router::exports::veche::plugin::router::Guest for Component {
            fn route(
                appeal: $crate::Appeal,
                category: $crate::ChosenCategory,
                context: $crate::Context,
            ) -> ::std::result::Result<$crate::Routing, $crate::Failure> {
                $crate::runtime::call(&STATE, |plugin: &$plugin| {
                    $crate::Router::route(plugin, &appeal, &category, &context)
                })
            }
        }
        $crate::bindings::router::export_router!(Component with_types_in $crate::bindings::router);
    };
    (indicators, $plugin:ty) => {
        impl $crate::bindings::indicators::exports::veche::plugin::indicators::Guest for Component {
            fn definitions() -> ::std::vec::Vec<$crate::indicators::Definition> {
                <$plugin as $crate::Indicators>::definitions()
            }

            fn measure(
                indicator: ::std::string::String,
                period: $crate::indicators::Period,
                facts: &$crate::indicators::FactStream,
            ) -> ::std::result::Result<::std::vec::Vec<$crate::indicators::Measurement>, $crate::Failure> {
                let mut facts = facts;
                $crate::runtime::call(&STATE, |plugin: &$plugin| {
                    $crate::Indicators::measure(plugin, &indicator, &period, &mut facts)
                })
            }
        }
        $crate::bindings::indicators::export_indicators!(Component with_types_in $crate::bindings::indicators);
    };
    (exporter, $plugin:ty) => {
        impl $crate::bindings::exporter::exports::veche::plugin::exporter::Guest for Component {
            fn formats() -> ::std::vec::Vec<$crate::exporter::Format> {
                $crate::runtime::ask(&STATE, |plugin: &$plugin| $crate::Exporter::formats(plugin)).unwrap_or_default()
            }

            fn export(
                format: ::std::string::String,
                request: $crate::exporter::Request,
                rows: &$crate::bindings::exporter::veche::plugin::streams::Rows,
                sink: &$crate::bindings::exporter::veche::plugin::streams::Sink,
            ) -> ::std::result::Result<$crate::exporter::Summary, $crate::Failure> {
                let (mut rows, mut sink) = (rows, sink);
                $crate::runtime::call(&STATE, |plugin: &$plugin| {
                    $crate::Exporter::export(plugin, &format, &request, &mut rows, &mut sink)
                })
            }
        }
        $crate::bindings::exporter::export_exporter!(Component with_types_in $crate::bindings::exporter);
    };
    ($other:ident, $plugin:ty) => {};
}
