// The JavaScript SDK v3: client, document client, paginators, errors as classes, parameters newer than Debian's boto3.
'use strict';
const assert = require('assert');
const ddb = require('@aws-sdk/client-dynamodb');
const doc = require('@aws-sdk/lib-dynamodb');

const client = new ddb.DynamoDBClient({ endpoint: process.env.ENDPOINT, region: 'eu-central-1', maxAttempts: 1,
	credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
const documents = doc.DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
const TableName = 'Books';

async function check(what, action) {
	try {
		await action();
		console.log(`ok node: ${what}`);
	} catch (error) {
		console.log(`not ok node: ${what}\n    ${String(error.stack).split('\n').slice(0, 12).join('\n    ')}`);
	}
}

async function main() {
	await check('CreateTable with a waiter, newer parameters', async () => {
		await client.send(new ddb.CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', DeletionProtectionEnabled: true,
			OnDemandThroughput: { MaxReadRequestUnits: 1000, MaxWriteRequestUnits: 1000 },
			AttributeDefinitions: [{ AttributeName: 'author', AttributeType: 'S' }, { AttributeName: 'title', AttributeType: 'S' }],
			KeySchema: [{ AttributeName: 'author', KeyType: 'HASH' }, { AttributeName: 'title', KeyType: 'RANGE' }] }));
		await ddb.waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName });
		const { Table } = await client.send(new ddb.DescribeTableCommand({ TableName }));
		assert.strictEqual(Table.OnDemandThroughput.MaxReadRequestUnits, 1000);
		assert.strictEqual(Table.DeletionProtectionEnabled, true);
		assert.ok(Table.CreationDateTime instanceof Date && Math.abs(Table.CreationDateTime - Date.now()) < 60000);
	});
	await check('put and get of a document', async () => {
		const Item = { author: 'Eco', title: 'Il nome', year: 1980, tags: new Set(['a', 'b']), pages: [1, { x: null }], ok: true, raw: new Uint8Array([0, 255]) };
		await documents.send(new doc.PutCommand({ TableName, Item }));
		const reply = await documents.send(new doc.GetCommand({ TableName, Key: { author: 'Eco', title: 'Il nome' } }));
		assert.deepStrictEqual(reply.Item, Item);
	});
	await check('update with return values', async () => {
		const reply = await documents.send(new doc.UpdateCommand({ TableName, Key: { author: 'Eco', title: 'Il nome' },
			UpdateExpression: 'SET #y = #y + :one, pages = list_append(pages, :l)', ExpressionAttributeNames: { '#y': 'year' },
			ExpressionAttributeValues: { ':one': 1, ':l': ['end'] }, ReturnValues: 'UPDATED_NEW' }));
		assert.deepStrictEqual(reply.Attributes, { year: 1981, pages: [1, { x: null }, 'end'] });
	});
	await check('a failed condition is a class, with the item', async () => {
		await assert.rejects(documents.send(new doc.PutCommand({ TableName, Item: { author: 'Eco', title: 'Il nome' },
			ConditionExpression: 'attribute_not_exists(author)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })), (error) => {
			assert.ok(error instanceof ddb.ConditionalCheckFailedException);
			assert.strictEqual(error.Item.year.N, '1981');
			return true;
		});
	});
	await check('batch write and a paginated query', async () => {
		const puts = [...Array(25).keys()].map((n) => ({ PutRequest: { Item: { author: 'Many', title: String(n).padStart(2, '0') } } }));
		await documents.send(new doc.BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
		const titles = [];
		for await (const page of doc.paginateQuery({ client: documents, pageSize: 4 }, { TableName,
			KeyConditionExpression: 'author = :a AND title BETWEEN :x AND :y', ExpressionAttributeValues: { ':a': 'Many', ':x': '03', ':y': '20' } }))
			titles.push(...page.Items.map((item) => item.title));
		assert.strictEqual(titles.length, 18);
		assert.deepStrictEqual(titles, [...titles].sort());
	});
	await check('a transaction that is cancelled says why', async () => {
		await assert.rejects(documents.send(new doc.TransactWriteCommand({ TransactItems: [
			{ Put: { TableName, Item: { author: 'New', title: '1' } } },
			{ ConditionCheck: { TableName, Key: { author: 'No', title: '1' }, ConditionExpression: 'attribute_exists(author)' } }] })), (error) => {
			assert.ok(error instanceof ddb.TransactionCanceledException);
			assert.deepStrictEqual(error.CancellationReasons.map((reason) => reason.Code), ['None', 'ConditionalCheckFailed']);
			return true;
		});
	});
	await check('PartiQL', async () => {
		const reply = await documents.send(new doc.ExecuteStatementCommand({ Statement: `SELECT title FROM "${TableName}" WHERE author = ? AND title > ?`, Parameters: ['Many', '22'] }));
		assert.deepStrictEqual(reply.Items, [{ title: '23' }, { title: '24' }]);
		await assert.rejects(documents.send(new doc.ExecuteStatementCommand({ Statement: `INSERT INTO "${TableName}" VALUE {'author': 'Many', 'title': '00'}` })),
			ddb.DuplicateItemException);
	});
	await check('a bad request is a ValidationException', async () => {
		await assert.rejects(client.send(new ddb.GetItemCommand({ TableName, Key: { author: { S: 'x' } } })), { name: 'ValidationException' });
		await assert.rejects(client.send(new ddb.DescribeTableCommand({ TableName: 'Nothing' })), ddb.ResourceNotFoundException);
	});
	await check('many at once over one client', async () => {
		await Promise.all([...Array(200).keys()].map((n) => documents.send(new doc.UpdateCommand({ TableName, Key: { author: 'Sum', title: '1' },
			UpdateExpression: 'ADD n :n', ExpressionAttributeValues: { ':n': n } }))));
		const reply = await documents.send(new doc.GetCommand({ TableName, Key: { author: 'Sum', title: '1' } }));
		assert.strictEqual(reply.Item.n, 19900);
	});
	await check('DeleteTable after its protection', async () => {
		await assert.rejects(client.send(new ddb.DeleteTableCommand({ TableName })), { name: 'ValidationException' });
		await client.send(new ddb.UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
		await client.send(new ddb.DeleteTableCommand({ TableName }));
		await ddb.waitUntilTableNotExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName });
	});
}
main().catch((error) => { console.error(error); process.exit(1); });
