//! What the key of photos may, as `deploy/objects` gives it: what the program asks for and nothing else.

use tollbooth_object_store::store::PROBE;

#[test]
fn the_rights_of_the_photos_key_are_to_read_to_add_and_to_list_and_never_to_overwrite_or_delete() {
    let policy = include_str!("../../../deploy/objects/s3-policy.json");
    let actions: Vec<&str> =
        policy.split('"').filter(|word| word.starts_with("s3:") && *word != "s3:if-none-match").collect();
    assert_eq!(actions, ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:PutObject"]);
    // S3 says 404 of an object that is not there only to whoever may list without a condition, and 403 to others: then no
    // export would ever be made, for each one looks first whether a newer one is stored.
    assert!(!policy.contains("s3:prefix"), "listing has a condition");
    assert!(policy.contains(r#""Null": { "s3:if-none-match": "true" }"#), "a write without its condition is denied");
    for prefix in ["photos/", "exports/", PROBE.split_inclusive('/').next().unwrap()] {
        assert!(policy.contains(&format!("arn:aws:s3:::BUCKET/{prefix}*")), "{prefix}");
    }
}

/// What a policy allows: statements' words, so that a right more or less is seen.
fn words(policy: &str) -> Vec<&str> {
    policy.split('"').filter(|word| word.starts_with("s3:") || word.starts_with("arn:")).collect()
}

#[test]
fn the_rights_of_each_part_are_a_share_of_those_of_the_one_key_and_whoever_writes_cannot_overwrite() {
    let all = words(include_str!("../../../deploy/objects/s3-policy.json"));
    for (part, policy, writes, lists) in [
        ("intake", include_str!("../../../deploy/objects/s3-policy-intake.json"), true, false),
        ("reading", include_str!("../../../deploy/objects/s3-policy-reading.json"), false, true),
        ("export", include_str!("../../../deploy/objects/s3-policy-export.json"), true, true),
        ("audit", include_str!("../../../deploy/objects/s3-policy-audit.json"), false, true),
    ] {
        let own = words(policy);
        assert!(own.iter().all(|word| all.contains(word)), "{part} may what the one key may not: {own:?}");
        assert_eq!(own.contains(&"s3:PutObject"), writes, "{part}");
        // Who writes has to name the condition, and what is denied is the write without it.
        assert_eq!(policy.contains(r#""Null""#) && policy.contains(r#""Deny""#), writes, "{part}");
        // Whoever has to tell that an object is not there must be allowed to list, without a condition.
        assert_eq!(own.contains(&"s3:ListBucket"), lists, "{part}");
        assert!(!policy.contains("s3:prefix") && !policy.contains("s3:*") && !policy.contains("Delete"), "{part}");
    }
}

#[test]
fn every_component_that_reaches_the_store_can_have_a_key_of_its_own() {
    let manifest = include_str!("../../../deploy/cluster/spin.toml");
    let count = |begin: &str| manifest.lines().filter(|line| line.starts_with(begin)).count();
    let components = count("photos_origin = \"{{");
    assert!(components > 5, "{components}");
    for own in ["photos_own_account = \"{{ photos_", "photos_own_key = \"{{ photos_"] {
        assert_eq!(count(own), components, "{own}");
    }
}
