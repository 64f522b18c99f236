//! What an app is set up with.

use serde_json::{Value, json};

use crate::sandbox::heroku::entity::{Addon, App};
use crate::sandbox::host::ids::stable_id;

const SERVICE_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a8";
const PLAN_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a9";

/// The buildpacks of an app.
pub(in crate::sandbox::heroku) fn buildpacks(app: &App) -> Value {
    let installations = app.buildpacks.iter().enumerate().map(|(ordinal, name)| {
        // The registry's names stand for an address of the platform's own.
        let url = match name.split_once('/') {
            Some(("heroku", language)) => format!("urn:buildpack:heroku/{language}"),
            _ => name.clone(),
        };
        json!({"ordinal": ordinal, "buildpack": {"name": name, "url": url}})
    });
    installations.collect()
}

/// An add-on.
pub(in crate::sandbox::heroku) fn addon(app: &App, addon: &Addon) -> Value {
    let service = addon.plan.split(':').next().unwrap_or_default();
    json!({
        "actions": [],
        "addon_service": {"id": SERVICE_ID, "name": service},
        "app": {"id": app.id, "name": app.name},
        "billed_price": {"cents": 0, "contract": false, "unit": "month"},
        "billing_entity": {"id": app.id, "name": app.name, "type": "app"},
        "config_vars": [],
        "created_at": addon.created_at,
        "id": addon.id,
        "name": addon.name,
        "plan": {"id": PLAN_ID, "name": addon.plan},
        "provider_id": addon.id,
        "state": "provisioned",
        "updated_at": addon.created_at,
        "web_url": null,
    })
}

/// What ties an add-on to its app. The platform knows of add-ons that several apps share; the sandbox has none.
pub(in crate::sandbox::heroku) fn attachment(app: &App, addon: &Addon) -> Value {
    let service = addon.plan.split(':').next().unwrap_or_default();
    let owner = json!({"id": app.id, "name": app.name});
    json!({
        "addon": {"app": owner, "id": addon.id, "name": addon.name},
        "app": owner,
        "created_at": addon.created_at,
        "id": stable_id(&format!("{} attachment", addon.id)),
        "log_input_url": null,
        "name": service.to_uppercase().replace('-', "_"),
        "namespace": null,
        "updated_at": addon.created_at,
        "web_url": null,
    })
}
