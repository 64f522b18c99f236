use super::*;
use serde_json::json;

#[test]
fn a_build_is_read_in_every_shape_that_was_seen() {
    for (slug, release) in [
        (json!(null), json!(null)),
        (json!({"id": null}), json!({"id": null})),
    ] {
        let body = json!({"id": "b", "status": "pending", "slug": slug, "release": release,
                          "output_stream_url": "https://o.example.com/x?sig=1"});
        let build = Build::from(serde_json::from_value::<BuildJson>(body).unwrap());
        assert_eq!(build.status, BuildStatus::Pending);
        assert_eq!((build.artifact, build.release), (None, None));
        assert_eq!(
            build.output.map(|url| url.expose().to_string()).as_deref(),
            Some("https://o.example.com/x?sig=1")
        );
    }
    let bare = json!({"id": "b", "status": "failed"});
    assert!(serde_json::from_value::<BuildJson>(bare).is_ok());
    assert!(serde_json::from_value::<BuildJson>(json!({"id": "b"})).is_err());
}

#[test]
fn what_a_release_runs_is_its_slug_or_its_one_image() {
    let slug = Some(Artifact::Slug("s".to_owned()));
    let image = Some(Artifact::Image("i".to_owned()));
    let one = json!([{"type": "oci_image", "id": "i"}]);
    for (more, expected) in [
        (json!({}), None),
        (json!({"slug": {"id": "s"}}), slug.clone()),
        (
            json!({"slug": {"id": "s"}, "artifacts": [{"type": "slug", "id": "s"}]}),
            slug,
        ),
        (json!({"slug": null, "artifacts": one}), image.clone()),
        (
            json!({"slug": {"id": null}, "artifacts": one}),
            image.clone(),
        ),
        (
            json!({"slug": null, "oci_image": {"id": "i"}}),
            image.clone(),
        ),
        (json!({"slug": null, "artifacts": []}), None),
        (json!({"slug": null, "artifacts": null}), None),
        (json!({"artifacts": [{"type": "sbom", "id": "x"}]}), None),
        // Which process runs which is not said.
        (
            json!({"artifacts": [{"type": "oci_image", "id": "i"}, {"type": "oci_image", "id": "j"}]}),
            None,
        ),
    ] {
        let mut body = json!({"id": "r", "version": 3, "status": "succeeded"});
        let fields = body.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        let release = serde_json::from_value::<ReleaseJson>(body.clone()).unwrap();
        assert_eq!(Release::from(release).artifact, expected, "{body}");
    }
}
