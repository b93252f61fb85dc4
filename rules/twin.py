"""The words of a kind of exception: its title, owner, posture, next action, runbook line and texts."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Twin:
    """What `rules/kinds/<kind>.yaml` says beside its cases."""

    kind: str
    title: str
    owner: str
    watchers: tuple[str, ...]
    severity: int
    """Base points of the score, 0 to 50."""
    posture: str
    next_action: str
    runbook: str
    next_actions: dict[str, str] = field(default_factory=dict)
    """By stage, where a stage asks for something else."""
    postures: dict[str, str] = field(default_factory=dict)
    """By stage, where a stage speaks differently."""
    owners: dict[str, str] = field(default_factory=dict)
    """By stage, where a stage belongs to somebody else; who owns the others then watches."""
    speaks_again: tuple[str, ...] = ()
    """Stages of which the customer is told though an earlier one was told in the same way."""
    message_class: str = "promise"
    texts: dict[str, str] = field(default_factory=dict)
    """By posture, what the customer would be told."""

    def owner_at(self, stage: str) -> str:
        """Who owns the case at a stage."""
        return self.owners.get(stage, self.owner)

    def action_at(self, stage: str) -> str:
        """What to do next at a stage."""
        return self.next_actions.get(stage, self.next_action)

    def posture_at(self, stage: str) -> str:
        """How to speak to the customer at a stage."""
        return self.postures.get(stage, self.posture)
