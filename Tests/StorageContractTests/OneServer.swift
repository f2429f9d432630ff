import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips a test of what only a database on one server does.
    static func onOneServer(_ reason: Comment) -> ConditionTrait { .disabled(if: DistributedSetting.isOn, reason) }

    /// Skips a test that prepares its data with what Citus does not support.
    static func withoutCitus(_ reason: Comment) -> ConditionTrait { .disabled(if: DistributedSetting.isCitus, reason) }
}
