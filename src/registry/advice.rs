//! What to do about a refusal of the registry.

use crate::http::{Error, Kind};

/// What to do about a request of the registry that failed, where that is known.
pub fn advice(error: &Error) -> Option<&'static str> {
    Some(match &error.kind {
        Kind::WantsToken => {
            "launchway pushes to registries that take the API's token as a password, as the platform's own does: check \
             LAUNCHWAY_REGISTRY_URL"
        }
        Kind::Denied { status: 401, .. } => {
            "the registry takes the API's token as a password: check that it has not expired, and that its scope is `global` or \
             `write`"
        }
        Kind::Denied { .. } => {
            "the token's account may not push images of this app: it has to be a member with the permission to deploy"
        }
        Kind::NotFound => {
            "check the app's name, and that the app is on the stack `container` (`heroku stack:set container`)"
        }
        Kind::Rejected { status: 413, .. } => {
            "the image is too large for the registry: make its layers smaller"
        }
        Kind::Rejected { id, .. } if id == "MANIFEST_INVALID" => {
            "the registry takes Docker's manifests of version 2 only; if the image is one, its support knows more"
        }
        Kind::RateLimited => {
            "the registry takes no more requests for now: run the same command again later"
        }
        Kind::Unsupported if error.message.contains("OCI") => {
            "push it again as a Docker image (`docker build --provenance=false --sbom=false`, `skopeo copy --format v2s2`), or let \
             launchway push it from a file"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_explained() {
        let denied = |status| Kind::Denied {
            status,
            id: "DENIED".to_owned(),
        };
        let rejected = |status, id: &str| Kind::Rejected {
            status,
            id: id.to_owned(),
        };
        for (kind, expected) in [
            (denied(401), Some("expired")),
            (denied(403), Some("member")),
            (Kind::WantsToken, Some("LAUNCHWAY_REGISTRY_URL")),
            (Kind::NotFound, Some("stack `container`")),
            (rejected(413, ""), Some("too large")),
            (rejected(400, "MANIFEST_INVALID"), Some("version 2")),
            (Kind::RateLimited, Some("later")),
            (Kind::Lost, None),
            (rejected(400, "UNSUPPORTED"), None),
        ] {
            let said = advice(&Error::new(kind.clone(), "PUT /v2/a/web", ""));
            match (said, expected) {
                (Some(said), Some(part)) => assert!(said.contains(part), "{said}"),
                (said, expected) => assert_eq!(said, expected, "{kind:?}"),
            }
        }
    }
}
