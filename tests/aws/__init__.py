"""AWS to test against: moto behind real boto3, with the rules in front that moto does not keep."""
