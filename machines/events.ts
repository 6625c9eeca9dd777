/** Events that several machines take. Their types are the literal triggers of the source. */

/** A person, or the cascade of a parent that ended, stops the entity. */
export interface UserCancelled {
  readonly type: "user_cancelled";
  /** Who; needed unless `by_parent`. */
  readonly operator?: string;
  readonly reason?: string;
  /** Set by the cascade of a parent. */
  readonly by_parent?: true;
}

export interface PauseRequested {
  readonly type: "pause_requested";
  readonly operator?: string;
  readonly reason?: string;
  readonly by_parent?: true;
}

export interface ResumeRequested {
  readonly type: "resume_requested";
  readonly operator?: string;
  readonly reason?: string;
  readonly by_parent?: true;
}

/** What a person must give to override a machine. §5.2 */
export interface Override<T extends string> {
  readonly type: T;
  readonly operator: string;
  readonly reason: string;
}

/** Parent to child: something this entity waits for has ended, or came back. */
export interface DependencyEnded {
  readonly type: "dependency_ended";
  /** The id the entity waits for: that of the first of a line of successors. */
  readonly id: string;
  readonly state: string;
}

/** Parent to child: it may start as soon as nothing holds it up. */
export interface WorkstreamReady {
  readonly type: "workstream_ready";
}

/** Parent to child: nothing new starts until `workstream_ready` comes again. */
export interface WorkstreamPaused {
  readonly type: "workstream_paused";
}

/** The operator is named. */
export function operatorNamed(event: { readonly type: string }): boolean {
  return hasText(event, "operator");
}

/** The operator is named, or the event is the cascade of a parent. */
export function operatorOrParent(event: { readonly type: string }): boolean {
  return hasText(event, "operator") || ("by_parent" in event && event.by_parent === true);
}

/** Operator and reason are both given. */
export function operatorAndReason(event: { readonly type: string }): boolean {
  return hasText(event, "operator") && hasText(event, "reason");
}

/** The reason is given. */
export function reasonGiven(event: { readonly type: string }): boolean {
  return hasText(event, "reason");
}

function hasText(event: object, key: string): boolean {
  const text: unknown = (event as Record<string, unknown>)[key];
  return typeof text === "string" && text.trim() !== "";
}
