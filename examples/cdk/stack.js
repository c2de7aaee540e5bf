// A stack as people write it with the AWS CDK: a table on demand, in the class for rarely used data, with an index.
'use strict';
const cdk = require('aws-cdk-lib');
const dynamodb = require('aws-cdk-lib/aws-dynamodb');

class ShipmentStack extends cdk.Stack {
	constructor(scope, id, props) {
		super(scope, id, props);
		const table = new dynamodb.Table(this, 'Shipments', {
			tableName: 'Shipments',
			partitionKey: { name: 'customer', type: dynamodb.AttributeType.STRING },
			sortKey: { name: 'sentAt', type: dynamodb.AttributeType.STRING },
			billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
			tableClass: dynamodb.TableClass.STANDARD_INFREQUENT_ACCESS,
			timeToLiveAttribute: 'expires',
		});
		table.addGlobalSecondaryIndex({
			indexName: 'ByStatus',
			partitionKey: { name: 'status', type: dynamodb.AttributeType.STRING },
			sortKey: { name: 'sentAt', type: dynamodb.AttributeType.STRING },
			projectionType: dynamodb.ProjectionType.KEYS_ONLY,
		});
	}
}

const app = new cdk.App({ outdir: process.argv[2] });
new ShipmentStack(app, 'ShipmentStack');
app.synth();
