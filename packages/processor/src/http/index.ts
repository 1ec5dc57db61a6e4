export { createProcessorClient, type ProcessorClientOptions } from './processor-client.ts'
