using Portico.Orders;

return await OrdersHost.RunAsync(args, Console.Error);
