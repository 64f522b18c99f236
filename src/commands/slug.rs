//! `slug`: what is known of a slug, and its file.

use std::path::Path;

use tempfile::NamedTempFile;

use super::{Context, of_app::app_name, runtime::Doing};
use crate::{
    cli::listings::{AppArgs, Slug, SlugAction},
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::Journal,
    model::Feature,
    platform::types,
    report::{files::refuse_links, listing as view, sanitize},
    run::in_flight::InFlight,
    units,
};

impl Context<'_> {
    pub(super) fn slug(&self, args: &Slug) -> Result<Exit, Failure> {
        match &args.action {
            SlugAction::Show { which, json, of } => {
                let config = self.config_for(of)?;
                let journal = self.data_journal("slug", None);
                let doing = Doing::new("looking for the slug");
                let work = self.known_slug(&config, of, which.as_deref(), &journal);
                let slug = self.read_only(&doing, work)?;
                self.show_data(*json, &slug, view::Slug::text)
            }
            SlugAction::Download { which, out, of } => {
                let config = self.config_for(of)?;
                let journal = self.data_journal("slug", None);
                let doing = Doing::new("downloading the slug");
                let work = self.download(&config, of, which.as_deref(), out, &journal);
                let done = self.read_only(&doing, work)?;
                self.console.print(&done);
                Ok(Exit::Ok)
            }
        }
    }

    async fn known_slug(
        &self,
        config: &Config,
        of: &AppArgs,
        which: Option<&str>,
        journal: &Journal,
    ) -> Result<view::Slug, Failure> {
        let session = self.session(config, &of.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let app = run.the_app(app_name(config, of)).await?;
        let slug = run.the_slug(&app, which).await?;
        Ok(shown(config, app.name, slug))
    }

    async fn download(
        &self,
        config: &Config,
        of: &AppArgs,
        which: Option<&str>,
        out: &Path,
        journal: &Journal,
    ) -> Result<String, Failure> {
        let about = config.platform.about();
        if !about.has(Feature::SlugFiles) {
            let what = format!(
                "what {} runs are images: there is no file of a slug",
                about.name
            );
            return Err(Failure::new(Exit::Refused, what)
                .state("nothing was sent to the platform")
                .next("`launchway slug show` says what is known of it"));
        }
        let mut file = beside(out)?;
        let session = self.session(config, &of.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let app = run.the_app(app_name(config, of)).await?;
        let slug = run.the_slug(&app, which).await?;
        let id = slug.id.clone();
        let downloaded = run.download_slug(&app, slug, file.as_file_mut()).await?;
        file.as_file()
            .sync_all()
            .map_err(|why| unwritable(out, &why))?;
        file.persist(out)
            .map_err(|why| unwritable(out, &why.error))?;
        let (id, size) = (sanitize::text(&id), units::bytes(downloaded.bytes));
        Ok(format!(
            "wrote slug {id} to {} ({size}, SHA-256 {})\n",
            sanitize::text(&out.display().to_string()),
            downloaded.sha256
        ))
    }
}

/// A file beside the one that is to be: it takes that one's place once it is whole, and is removed if it never is.
fn beside(out: &Path) -> Result<NamedTempFile, Failure> {
    let failed = |why: &std::io::Error| unwritable(out, why);
    refuse_links(out).map_err(|why| failed(&why))?;
    if out.is_dir() {
        return Err(failed(&std::io::ErrorKind::IsADirectory.into()));
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".launchway-slug-");
    builder
        .tempfile_in(parent.unwrap_or(Path::new(".")))
        .map_err(|why| failed(&why))
}

fn unwritable(out: &Path, why: &std::io::Error) -> Failure {
    Failure::new(Exit::Io, format!("cannot write {}: {why}", out.display()))
        .state("nothing was changed on the platform")
        .next("name a file in an existing, writable directory")
}

/// A slug as it is shown.
fn shown(config: &Config, app: String, slug: types::Slug) -> view::Slug {
    view::Slug {
        schema_version: view::SCHEMA_VERSION,
        platform: config.platform.to_string(),
        app,
        id: slug.id,
        source_version: slug.version,
        bytes: slug.bytes,
        sha256: slug.sha256,
        buildpack: slug.buildpack,
        process_types: slug.process_types,
        created_at: slug.created_at.map(|at| at.to_string()),
        file: slug.file.is_some(),
    }
}
