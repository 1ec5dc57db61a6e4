import { assert, joinBytes } from '@rinha/base'
import { coordinatorIdBytes, nonceBytes, protocolVersion, sessionIdBytes } from './limits.ts'
import type {
  ChallengeMessage,
  HelloMessage,
  Message,
  ProofMessage,
  RefuseCode,
  RefuseMessage,
  WelcomeMessage,
} from './messages.ts'

/**
 * The mutual challenge–response that opens a connection: each end shows that it knows the shared secret, and neither
 * sends it. Whoever calls proves first: a stranger gets a nonce from the coordinator, and nothing that depends on the
 * secret. It needs one configured string and no certificate authority, like the cookie of distributed Erlang. It
 * authenticates and does not encrypt (docs/channel.md says what that leaves open).
 *
 * A proof is HMAC-SHA256(secret, transcript), and the transcript ({@link transcriptOf}) is the role of the prover, both
 * nonces and everything that HELLO claims.
 *
 * It takes two connections. HELLO, CHALLENGE, WELCOME and REFUSE travel on the first. PROOF is the first message of the
 * second, the upward one, and names by its nonce the handshake that it belongs to: one proof shows that both are the node's.
 *
 * NodeHandshake:
 *   idle              → hello() →             awaitingChallenge
 *   awaitingChallenge → CHALLENGE →           awaitingWelcome, sends PROOF upward
 *   awaitingWelcome   → WELCOME, proof good → welcomed
 *   any               → anything else →       failed
 * CoordinatorHandshake:
 *   awaitingHello     → HELLO →               awaitingProof, sends CHALLENGE
 *   awaitingProof     → prove(), proof good → proven (whoever owns it decides between WELCOME, with the proof, and REFUSE)
 *   any               → anything else →       failed
 *
 * Invariants:
 *   1. Nobody is proven without an HMAC over a nonce that was made for this handshake: a recorded proof is worth nothing.
 *   2. A proof of one role is none of the other: what an end sent cannot be reflected to it.
 *   3. What HELLO claims cannot be changed on the way: it is part of what is proved.
 *   4. `welcomed`, `proven` and `failed` are final.
 *   5. The coordinator sends its proof only after a good proof of the node. A node sends nothing more until it has the
 *      coordinator's good proof.
 */
export interface HandshakeCrypto {
  /** {@link nonceBytes} random bytes that nobody can predict and that are used once. */
  nonce(): Uint8Array
  /** HMAC-SHA256 under the shared secret. */
  hmac(transcript: Uint8Array): Uint8Array
  /** Whether both are equal, in a time that does not depend on where they differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}

/** The next step. `refusal` is sent to the other end before the connection closes. */
export type HandshakeFailure = {
  readonly kind: 'failed'
  readonly code: RefuseCode
  readonly reason: string
  readonly refusal: RefuseMessage | undefined
  /** Where a standby has refused this node: who leads, as far as it knows. */
  readonly leader?: string | undefined
}

export type NodeStep =
  | { readonly kind: 'send'; readonly message: ProofMessage }
  | { readonly kind: 'welcomed'; readonly welcome: WelcomeMessage }
  | HandshakeFailure

export type CoordinatorStep = { readonly kind: 'send'; readonly message: ChallengeMessage } | HandshakeFailure

/** `proof`: the coordinator's own, for its WELCOME. */
export type Verdict =
  | { readonly kind: 'proven'; readonly hello: HelloMessage; readonly proof: Uint8Array }
  | HandshakeFailure

export class NodeHandshake {
  readonly #crypto: HandshakeCrypto
  #state: 'idle' | 'awaitingChallenge' | 'awaitingWelcome' | 'welcomed' | 'failed' = 'idle'
  #hello: HelloMessage | undefined
  #serverNonce: Uint8Array | undefined

  constructor(crypto: HandshakeCrypto) {
    this.#crypto = crypto
  }

  /** The first message of the connection. */
  hello(claims: Omit<HelloMessage, 'type' | 'version' | 'clientNonce'>): HelloMessage {
    assert(this.#state === 'idle', 'hello is said once')
    const clientNonce = this.#crypto.nonce()
    this.#hello = { type: 'hello', version: protocolVersion, clientNonce, ...claims }
    this.#state = 'awaitingChallenge'
    return this.#hello
  }

  receive(message: Message): NodeStep {
    if (message.type === 'refuse') {
      this.#state = 'failed'
      const { code, reason, leader } = message
      return { kind: 'failed', code, reason, refusal: undefined, leader }
    }
    if (this.#state === 'awaitingChallenge' && message.type === 'challenge') return this.#prove(message)
    if (this.#state === 'awaitingWelcome' && message.type === 'welcome') return this.#check(message)
    const failure = failed('protocol', `${message.type} while ${this.#state}`)
    this.#state = 'failed'
    return failure
  }

  #prove(challenge: ChallengeMessage): NodeStep {
    assert(this.#hello !== undefined, 'a challenge is looked at after hello')
    const { serverNonce } = challenge
    this.#serverNonce = serverNonce
    this.#state = 'awaitingWelcome'
    const proof = this.#crypto.hmac(transcriptOf('node', this.#hello, serverNonce))
    return { kind: 'send', message: { type: 'proof', serverNonce, proof } }
  }

  #check(welcome: WelcomeMessage): NodeStep {
    const [hello, serverNonce] = [this.#hello, this.#serverNonce]
    assert(hello !== undefined && serverNonce !== undefined, 'a welcome is looked at after a challenge')
    const expected = this.#crypto.hmac(transcriptOf('coordinator', hello, serverNonce))
    const good = this.#crypto.equal(expected, welcome.proof)
    this.#state = good ? 'welcomed' : 'failed'
    return good ? { kind: 'welcomed', welcome } : failed('proof', 'the coordinator proved another secret')
  }
}

export class CoordinatorHandshake {
  readonly #crypto: HandshakeCrypto
  #state: 'awaitingHello' | 'awaitingProof' | 'proven' | 'failed' = 'awaitingHello'
  #hello: HelloMessage | undefined
  #serverNonce: Uint8Array | undefined

  constructor(crypto: HandshakeCrypto) {
    this.#crypto = crypto
  }

  /** A message of the first connection. */
  receive(message: Message): CoordinatorStep {
    if (message.type === 'refuse') {
      this.#state = 'failed'
      return { kind: 'failed', code: message.code, reason: message.reason, refusal: undefined }
    }
    if (this.#state === 'awaitingHello' && message.type === 'hello') return this.#challenge(message)
    const failure =
      message.type === 'foreignHello'
        ? failed('version', `the coordinator speaks version ${protocolVersion}, not ${message.version}`)
        : failed('protocol', `${message.type} while ${this.#state}`)
    this.#state = 'failed'
    return failure
  }

  #challenge(hello: HelloMessage): CoordinatorStep {
    const serverNonce = this.#crypto.nonce()
    this.#hello = hello
    this.#serverNonce = serverNonce
    this.#state = 'awaitingProof'
    return { kind: 'send', message: { type: 'challenge', version: protocolVersion, serverNonce } }
  }

  /** The first message of the upward connection, which names this handshake's nonce. */
  prove({ proof }: ProofMessage): Verdict {
    assert(this.#state === 'awaitingProof', 'a handshake is proved once, after its challenge')
    const [hello, serverNonce] = [this.#hello, this.#serverNonce]
    assert(hello !== undefined && serverNonce !== undefined, 'a proof is looked at after a challenge')
    const good = this.#crypto.equal(this.#crypto.hmac(transcriptOf('node', hello, serverNonce)), proof)
    this.#state = good ? 'proven' : 'failed'
    if (!good) return failed('proof', 'the node proved another secret')
    return {
      kind: 'proven',
      hello,
      proof: this.#crypto.hmac(transcriptOf('coordinator', hello, serverNonce)),
    }
  }
}

function failed(code: RefuseCode, reason: string): HandshakeFailure {
  return { kind: 'failed', code, reason, refusal: { type: 'refuse', code, reason } }
}

const labels = { coordinator: 'rinha-channel coordinator', node: 'rinha-channel node' } as const

/**
 * What a proof covers, byte for byte: the role's label in ASCII, a zero byte, clientNonce, serverNonce, sessionId,
 * predecessorId, the protocol version (4 bytes), acknowledgedSequence (8), heartbeatMs (4), bufferCountMax (4), shard (4),
 * shardCount (4), all big-endian, then nodeName in ASCII. Only the first and the last part vary in length, and the first ends with a zero, so no
 * two claims share a transcript.
 */
export function transcriptOf(
  role: keyof typeof labels,
  hello: HelloMessage,
  serverNonce: Uint8Array,
): Uint8Array {
  assert(
    hello.clientNonce.length === nonceBytes && serverNonce.length === nonceBytes,
    'nonces have their size',
  )
  assert(hello.sessionId.length === sessionIdBytes, 'a session id has its size')
  assert(hello.predecessorId.length === coordinatorIdBytes, 'a coordinator’s id has its size')
  const numbers = new DataView(new ArrayBuffer(28))
  numbers.setUint32(0, hello.version)
  numbers.setBigUint64(4, BigInt(hello.acknowledgedSequence))
  numbers.setUint32(12, hello.heartbeatMs)
  numbers.setUint32(16, hello.bufferCountMax)
  numbers.setUint32(20, hello.shard.index)
  numbers.setUint32(24, hello.shard.count)
  return joinBytes([
    ascii(`${labels[role]}\0`),
    hello.clientNonce,
    serverNonce,
    hello.sessionId,
    hello.predecessorId,
    new Uint8Array(numbers.buffer),
    ascii(hello.nodeName),
  ])
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}
