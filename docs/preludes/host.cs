// What stands around a fragment of a web host.
using Npgsql;

var builder = WebApplication.CreateBuilder();

//FRAGMENT

await Task.CompletedTask;

public sealed class CreditCustomer : IPaymentHandler
{
    public ValueTask HandleAsync(PaymentContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
