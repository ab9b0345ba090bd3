//! `birdcall completions` and `birdcall man`: what shells and `man` read, made from the arguments.

use std::{fs, path::Path};

use clap::{Command, CommandFactory as _};
use serde::Serialize;

use crate::{
    args::{Args, CompletionsOptions, ManOptions},
    failure::{Done, Failure},
    output,
};
use birdcall_domain::wording::counted;

/// A script as JSON.
#[derive(Serialize)]
struct CompletionsView {
    shell: String,
    script: String,
}

/// A page of the manual as JSON.
#[derive(Serialize)]
struct PageView {
    page: String,
}

/// Pages in a folder, as JSON.
#[derive(Serialize)]
struct PagesView {
    folder: String,
    pages: u64,
}

pub(crate) fn completions(options: &CompletionsOptions, json: bool) -> Done {
    let mut script = Vec::new();
    let mut command = Args::command();
    clap_complete::generate(options.shell, &mut command, "birdcall", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if json {
        let shell = options.shell.to_string();
        output::object(&CompletionsView { shell, script });
    } else {
        output::script(&script);
    }
    Ok(())
}

pub(crate) fn man(options: &ManOptions, json: bool) -> Done {
    let mut command = Args::command();
    command.build();
    let Some(folder) = &options.folder else {
        let page = page(&command)?;
        if json {
            output::object(&PageView { page });
        } else {
            output::script(&page);
        }
        return Ok(());
    };
    fs::create_dir_all(folder)?;
    let pages = write(&command, folder)?;
    let view = PagesView {
        folder: folder.display().to_string(),
        pages,
    };
    let sentence = format!(
        "wrote {} to {}",
        counted(pages, "page", "pages"),
        view.folder
    );
    output::result(&view, json, sentence);
    Ok(())
}

/// A page for the command, and one for each below it.
fn write(command: &Command, folder: &Path) -> Result<u64, Failure> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    let mut pages = 1;
    for below in command
        .get_subcommands()
        .filter(|it| it.get_name() != "help")
    {
        pages += write(below, folder)?;
    }
    Ok(pages)
}

fn page(command: &Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .manual("Birdcall")
        .render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
