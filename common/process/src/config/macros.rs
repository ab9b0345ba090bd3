//! The language of the tables of settings: a row declares everything there is to know about one.

use super::{reader::Reader, setting::Setting};

/// A value that is built from one setting or several.
pub(super) trait FromSettings: Sized {
    /// Reads the value. `None` means that a problem was added to the reader's list. Every setting
    /// is read even when an earlier one is malformed, so that all problems are reported together.
    fn read(reader: &mut Reader) -> Option<Self>;

    /// Appends the settings that the value is built from, in the order of the table.
    fn describe(list: &mut Vec<Setting>);
}

/// Declares a struct that is read from settings. Its fields are grouped as in the documents, and
/// each is one of
///
/// - `field: Type = form("NAME", …)`: one setting, read by a function of `form.rs`. The doc comment
///   is the setting's meaning in `.env.example` and `docs/settings.md`.
/// - `field: Part { … }`: a struct that is built from the settings in the braces.
/// - `field: Value`: a value with its own [`FromSettings`].
///
/// A rule about several settings follows the fields: `check(FIELDS) CONDITION => "NAME" must be
/// "…";`. It is applied when all of its fields could be read.
macro_rules! settings {
    (
        $(#[$about:meta])*
        $visible:vis struct $table:ident { $($body:tt)* }
        $($check:tt)*
    ) => {
        settings!(@struct $(#[$about])* $visible $table { $($body)* });
        settings!(@impl $table { $($body)* } $($check)*);
    };

    (@struct
        $(#[$about:meta])*
        $visible:vis $table:ident {
            $($group:ident {
                $(
                    $(#[doc = $doc:literal])+
                    $field:ident: $type:ty
                        $(= $form:ident($name:literal $($argument:tt)*) $(.$flag:ident())?)?
                        $({ $($part:tt)* })?
                ),+ $(,)?
            })+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug)]
        $visible struct $table {
            $($(
                $(#[doc = $doc])+
                $(#[doc = concat!("\n\nSetting: `", $name, "`.")])?
                $visible $field: $type,
            )+)+
        }
    };

    (@impl
        $type:ty {
            $($group:ident {
                $(
                    $(#[doc = $doc:literal])+
                    $field:ident: $value:ty
                        $(= $form:ident($name:literal $($argument:tt)*) $(.$flag:ident())?)?
                        $({ $($part:tt)* })?
                ),+ $(,)?
            })+
        }
        $(check($($checked:ident),+) $holds:expr => $culprit:literal must be $wanted:literal;)*
    ) => {
        impl $crate::config::macros::FromSettings for $type {
            fn read(reader: &mut $crate::config::reader::Reader) -> Option<Self> {
                $($(
                    let $field = settings!(
                        @read reader $value $(= $form($name $($argument)*) $(.$flag())?)?
                    );
                )+)+
                $(
                    if let ($(Some($checked),)+) = ($(&$checked,)+)
                        && !($holds)
                    {
                        reader.malformed($culprit, $wanted);
                    }
                )*
                Some(Self { $($($field: $field?,)+)+ })
            }

            fn describe(list: &mut Vec<$crate::config::setting::Setting>) {
                $($(
                    settings!(
                        @describe list $group concat!($($doc),+);
                        $value $(= $form($name $($argument)*) $(.$flag())?)?
                    );
                )+)+
            }
        }

        $($($(settings!(@impl $value { $group { $($part)* } });)?)+)+
    };

    (@read $reader:ident $value:ty) => {
        <$value as $crate::config::macros::FromSettings>::read($reader)
    };
    (@read $reader:ident $value:ty = $form:expr) => {
        $reader.read::<$value>(&$form)
    };

    (@describe $list:ident $group:ident $meaning:expr; $value:ty) => {
        <$value as $crate::config::macros::FromSettings>::describe($list)
    };
    (@describe $list:ident $group:ident $meaning:expr; $value:ty = $form:expr) => {
        $list.push($crate::config::setting::Setting::new::<$value>(
            &$form,
            $crate::config::setting::Group::$group,
            $meaning,
        ))
    };
}

pub(super) use settings;
