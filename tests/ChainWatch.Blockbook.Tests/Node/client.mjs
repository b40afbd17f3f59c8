// node client.mjs CLIENTS-FOLDER URL KIND HASH NEXT-HASH TXID ADDRESS
// Talks to the replay server with the vendor's own client, which checks the shape of all that it is answered: by HTTP and over WebSocket, errors, pages, subscriptions and announcements.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import assert from 'node:assert/strict'

const [clients, url, kind, hash, nextHash, txid, address] = process.argv.slice(2)
const require = createRequire(join(clients, 'package.json'))
const { BlockbookBitcoin, BlockbookEthereum } = require('blockbook-client')
const client = new (kind === 'bitcoin' ? BlockbookBitcoin : BlockbookEthereum)({ nodes: [url], requestTimeoutMs: 20000, reconnectDelayMs: 0 })

const status = await client.getStatus()
assert.equal(status.blockbook.bestHeight, 3)
assert.deepEqual(await client.getBestBlock(), { height: 3, hash })
assert.equal(await client.getBlockHash(3), hash)
const block = await client.getBlock(hash)
assert.equal(block.height, 3)
assert.equal(block.txs.length, Math.min(2, block.txCount))
const second = await client.getBlock(hash, { page: 2 })
assert.equal(second.page, 2)
assert.equal((await client.getBlock(hash, { page: 99 })).page, second.totalPages)
assert.equal((await client.getTx(txid)).txid, txid)
await assert.rejects(client.getBlock('ff'.repeat(32)), /not found/)
if (kind === 'bitcoin') assert.ok((await client.getUtxosForAddress(address)).length > 0)

await client.connect()
const info = await client.getInfo()
assert.equal(info.bestHash, hash)
assert.equal(await client.getBlockHash(3), hash)
assert.equal(await client.getBlockHash(99), '')
assert.equal((await client.getTx(txid)).txid, txid)
await assert.rejects(client.getTx('ff'.repeat(32)), /not found/)
for (const details of ['basic', 'txids', 'txs']) assert.equal((await client.getAddressDetails(address, { details })).address, address)
await client.subscribeAddresses([address], () => {})
await client.subscribeAddresses(['other'], () => {})
const heard = new Promise((resolve) => client.subscribeNewBlock(resolve).then(() => client.wsRequest('ping', {})))
assert.equal((await heard).hash, nextHash)
await client.disconnect()
console.log('accepted')
process.exit(0)
