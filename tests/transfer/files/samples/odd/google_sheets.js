/*O_o*/
google.visualization.Query.setResponse({"version":"0.6","reqId":"0","status":"ok","table":{"cols":[{"id":"A","label":"outlet"}],"rows":[{"c":[{"v":"Kicker"}]}]}});