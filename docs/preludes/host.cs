// What stands around a fragment of a web host.
using Npgsql;

var builder = WebApplication.CreateBuilder();
await Task.CompletedTask;

//FRAGMENT

public sealed class CreditCustomer : IPaymentHandler
{
    public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken) => Task.CompletedTask;
}
