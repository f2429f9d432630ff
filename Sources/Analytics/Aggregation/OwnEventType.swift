/// Event types whose payloads the tracker defines; all other types are custom events.
///
/// `Contract/payloads.json` lists them, along with the tracker's events that count as custom events.
package enum OwnEventType: String, CaseIterable {
    case pageview, webvitals, engagement, resources, navigation, frames, error
    case fingerprint = "fingerprint_ready"
}
