/// Types of events whose payloads the tracker fills for figures or details; all other types are custom events.
///
/// `Contract/payloads.json` lists them, and those that the tracker sends as custom events.
package enum OwnEventType: String, CaseIterable {
    case pageview, webvitals, engagement, resources, navigation, frames, error
    case fingerprint = "fingerprint_ready"
}
