import { basisPoints, flag, integer, type Settings, text } from '@rinha/settings'
import { delayMsMax, type TwinOptions, twinDefaults } from './options.ts'

export const twinSchema = {
  HTTP_HOST: text({ fallback: twinDefaults.host, help: 'The address to listen on; 0.0.0.0 is every one.' }),
  PORT: integer({ fallback: twinDefaults.port, min: 1, max: 65_535, help: 'The port to listen on.' }),
  PROCESSOR_NAME: text({
    fallback: twinDefaults.name,
    help: 'What it calls itself on GET / and in its log.',
  }),
  FEE: basisPoints({ fallback: twinDefaults.feeBps, help: 'The part of each amount that it keeps.' }),
  TOKEN: text({
    fallback: twinDefaults.token,
    help: 'The first value of X-Rinha-Token; PUT /admin/configurations/token changes it.',
  }),
  DELAY_MS: integer({
    fallback: twinDefaults.delayMs,
    min: 0,
    max: delayMsMax,
    help: 'The first value of the delay before each payment.',
  }),
  FAILURE: flag({ fallback: twinDefaults.failing, help: 'Whether it starts with payments failing.' }),
  RUNNING_COUNT_MAX: integer({
    fallback: twinDefaults.runningCountMax,
    min: 1,
    max: 100_000,
    help: 'Payments and look-ups under way at once.',
  }),
  WAITING_COUNT_MAX: integer({
    fallback: twinDefaults.waitingCountMax,
    min: 0,
    max: 100_000,
    help: 'Payments and look-ups that wait for a place; past that it answers 429.',
  }),
  HEALTH_WINDOW_MS: integer({
    fallback: twinDefaults.healthWindowMs,
    min: 10,
    max: 3_600_000,
    help: 'One health call is answered in each window of this length.',
  }),
  HEALTH_HEARTBEAT_MS: integer({
    fallback: twinDefaults.healthHeartbeatMs,
    min: 1,
    max: 60_000,
    help: 'How often the end of a health window is looked for.',
  }),
  HEALTH_WAITING_COUNT_MAX: integer({
    fallback: twinDefaults.healthWaitingCountMax,
    min: 0,
    max: 1000,
    help: 'Health calls that wait for a window; past that it answers 429.',
  }),
  HEALTH_RESET_MS: integer({
    fallback: twinDefaults.healthResetMs,
    min: 10,
    max: 3_600_000,
    help: 'After so long without a health call the next one starts a window of its own.',
  }),
  PAYMENT_COUNT_MAX: integer({
    fallback: twinDefaults.paymentCountMax,
    min: 1,
    max: 10_000_000,
    help: 'Payments kept in memory, at most 64 bytes each; past that it answers 500 until it is purged.',
  }),
}

export function twinOptions(settings: Settings<typeof twinSchema>): TwinOptions {
  return {
    host: settings.HTTP_HOST,
    port: settings.PORT,
    name: settings.PROCESSOR_NAME,
    feeBps: settings.FEE,
    token: settings.TOKEN,
    delayMs: settings.DELAY_MS,
    failing: settings.FAILURE,
    runningCountMax: settings.RUNNING_COUNT_MAX,
    waitingCountMax: settings.WAITING_COUNT_MAX,
    healthWindowMs: settings.HEALTH_WINDOW_MS,
    healthHeartbeatMs: settings.HEALTH_HEARTBEAT_MS,
    healthWaitingCountMax: settings.HEALTH_WAITING_COUNT_MAX,
    healthResetMs: settings.HEALTH_RESET_MS,
    paymentCountMax: settings.PAYMENT_COUNT_MAX,
  }
}
