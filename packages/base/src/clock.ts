/** Milliseconds since the epoch, UTC. Time is an argument everywhere below the shells. */
export type Clock = () => number
