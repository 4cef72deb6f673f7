//! `console`, or no command at all: opens the terminal screens.

use clap::Args;

use crate::config::Given;

#[derive(Debug, Default, Args)]
pub(crate) struct ConsoleArgs {
    /// The site at which this console stands [default: the one in the configuration, else all]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    #[arg(
        long,
        value_name = "THEME",
        help = "The theme: 16, dark, light, colour-blind or mono [default: 16] [env: TREADWELL_THEME]"
    )]
    theme: Option<String>,
    /// Leaves the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
}

impl ConsoleArgs {
    /// The settings among the flags, on top of what every command understands.
    pub(crate) fn on(&self, given: Given) -> Given {
        Given {
            site: self.site.clone(),
            theme: self.theme.clone(),
            mouse: self.no_mouse.then(|| "false".to_owned()),
            ..given
        }
    }
}
