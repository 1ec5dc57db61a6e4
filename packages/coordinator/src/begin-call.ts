import { unreachable } from '@rinha/base'
import type { EngineEffect, EngineEvent } from '@rinha/engine'
import type { ProcessorClient } from '@rinha/processor'

/** Carries out an effect of the engine. One event answers it. */
export function beginCall(
  effect: EngineEffect,
  client: ProcessorClient,
  tell: (event: EngineEvent) => void,
): void {
  const { processor } = effect
  switch (effect.kind) {
    case 'send':
      return client.pay(effect, outcome => tell({ kind: 'attemptEnded', token: effect.token, outcome }))
    case 'lookUp':
      return client.lookUp(effect.correlationId, outcome =>
        tell({ kind: 'lookUpEnded', token: effect.token, outcome }),
      )
    case 'pollHealth':
      return client.health(outcome => tell({ kind: 'healthPolled', processor, outcome }))
    default:
      unreachable(effect)
  }
}
