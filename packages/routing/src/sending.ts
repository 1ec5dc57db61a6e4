/**
 * What a person allows to be sent to a processor. Look-ups and health polls always go on, so that the lane is up to
 * date when it is `on` again.
 * - `on`: whatever the policy sends there.
 * - `draining`: nothing new, canaries included. An attempt whose answer was lost is repeated there until it has ended.
 * - `paused`: nothing.
 */
export type Sending = 'on' | 'draining' | 'paused'
